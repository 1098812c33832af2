"""Many callers: one load for all who want it, nothing taken from under a user, forks."""

import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from artifact_shop import Clock, Shop

from tidegauge.artifacts import Cache, LoadError
from tidegauge.errors import InputError

PATIENCE = 30


def until(is_so):
    """Wait for another thread; if it never gets there, that is a failure."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


class Gate:
    """A shop whose loads wait to be let through."""

    def __init__(self, shop):
        self.shop = shop
        self.begun = []
        self.may_end = threading.Event()

    def load(self, artifact):
        self.begun.append(artifact.key)
        assert self.may_end.wait(PATIENCE)
        return self.shop.load(artifact)


def waiting(cache, model_id):
    """How many wait in `use` for the load that runs."""
    (load,) = [
        each for each in cache._loader._running.values() if each.artifact.model_id == model_id
    ]
    return len(load.users)


def used(cache, model_id):
    with cache.use(model_id) as model:
        return model


@pytest.mark.parametrize("size", [1, 100], ids=["kept", "too large"])
def test_all_who_wait_share_one_load(size):
    shop = Shop(sizes={"a": size})
    gate = Gate(shop)
    cache = Cache(gate.load, shop, most_bytes=10, unload=shop.unload)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(used, cache, "a") for _ in range(8)]
        until(lambda: gate.begun and waiting(cache, "a") == 8)
        gate.may_end.set()
        models = {answer.result() for answer in answers}
    assert len(models) == len(shop.loaded) == 1
    assert shop.loaded[0].unloads == (size > 10)
    stats = cache.stats()
    assert (stats.loads, stats.misses, stats.hits) == (1, 8, 0)


def test_all_who_wait_share_the_error():
    shop = Shop(broken={("a", "1")})
    gate = Gate(shop)
    cache = Cache(gate.load, shop)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(used, cache, "a") for _ in range(8)]
        until(lambda: gate.begun and waiting(cache, "a") == 8)
        gate.may_end.set()
        errors = [answer.exception() for answer in answers]
    assert {type(error) for error in errors} == {LoadError}
    assert len(set(map(id, errors))) == 8
    assert {str(error.__cause__) for error in errors} == {"half a file"}
    assert cache.stats().failures == 1


def test_those_who_wait_for_an_interrupted_load_try_themselves():
    shop = Shop()
    gate = Gate(shop)

    def load(artifact):
        is_first = not gate.begun
        model = gate.load(artifact)
        if is_first:
            raise SystemExit
        return model

    cache = Cache(load, shop)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(used, cache, "a") for _ in range(4)]
        until(lambda: gate.begun and waiting(cache, "a") == 4)
        gate.may_end.set()
        errors = [answer.exception() for answer in answers]
    assert sorted(type(error).__name__ for error in errors) == ["NoneType"] * 3 + ["SystemExit"]
    assert len(gate.begun) == 2
    assert cache.held()[0].users == 0


@pytest.mark.parametrize("at_once", [1, 2])
def test_so_many_are_loaded_at_once(at_once):
    shop = Shop()
    lock, now, most = threading.Lock(), [0], [0]

    def load(artifact):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.002)
        with lock:
            now[0] -= 1
        return shop.load(artifact)

    cache = Cache(load, shop, most=100, loads_at_once=at_once)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(cache.get, map(str, range(40))))
    assert most[0] == at_once
    assert len(shop.loaded) == 40


def test_others_are_served_the_old_one_while_latest_moves_on():
    shop, clock = Shop(), Clock()
    gate = Gate(shop)
    gate.may_end.set()
    cache = Cache(gate.load, shop, most=1, unload=shop.unload, clock=clock)
    old = cache.get("a")
    shop.newest["a"] = "2"
    clock.now = 61
    gate.may_end.clear()
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(cache.get, "a")
        until(lambda: len(gate.begun) == 2)
        for _ in range(3):
            with cache.use("a") as model:
                assert model is old
        use = cache.use("a")
        assert use.__enter__() is old
        gate.may_end.set()
        assert renewing.result().artifact.version == "2"
    assert cache.get("a") is not old
    assert old.unloads == 0
    use.__exit__(None, None, None)
    assert old.unloads == 1
    assert len(gate.begun) == 2


def test_no_lock_is_held_while_the_users_functions_run():
    def looks(_):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: (cache.held(), cache.stats())).result(PATIENCE)

    cache = Cache(looks, Shop(), most=1, unload=looks)
    cache.get("a")
    cache.get("b")
    cache.close()


def test_a_model_whose_cache_is_closed_meanwhile_is_unloaded_at_once():
    shop = Shop()
    gate = Gate(shop)
    cache = Cache(gate.load, shop, unload=shop.unload)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(used, cache, "a") for _ in range(2)]
        until(lambda: gate.begun and waiting(cache, "a") == 2)
        cache.close()
        gate.may_end.set()
        assert {type(answer.exception()) for answer in answers} == {InputError}
    assert [model.unloads for model in shop.loaded] == [1]
    assert cache.held() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are of Unix")
# Newer Pythons warn of what is tested here: a fork beside threads.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_of_a_fork_has_the_models_and_waits_for_no_thread_of_its_parent():
    shop, clock = Shop(), Clock()
    gate = Gate(shop)
    gate.may_end.set()
    cache = Cache(gate.load, shop, most=1, clock=clock)
    old = cache.get("a")
    gate.may_end.clear()
    clock.now = 61
    shop.newest["a"] = "2"

    def child(answers):
        gate.may_end.set()
        is_old = cache.get("a", version="1") is old
        with ThreadPoolExecutor(1) as pool:
            versions = [pool.submit(used, cache, each).result().artifact.version for each in "ab"]
        held = [(each.key.model_id, each.users) for each in cache.held()]
        answers.put((is_old, versions, held))

    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    leave = threading.Event()

    def stay():
        with cache.use("a"):
            leave.wait(PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        renewing = pool.submit(cache.get, "a")
        until(lambda: len(gate.begun) == 2)
        staying = pool.submit(stay)
        until(lambda: cache.held()[0].users == 2)
        process = fork.Process(target=child, args=(answers,))
        process.start()
        process.join(PATIENCE)
        is_over = process.exitcode == 0
        process.kill()
        leave.set()
        gate.may_end.set()
        staying.result()
        assert renewing.result().artifact.version == "2"
    assert is_over
    assert answers.get() == (True, ["2", "1"], [("b", 0)])
