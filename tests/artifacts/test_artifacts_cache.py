"""One caller: what is held, what is let go, what serves when a newer one cannot."""

import gc
import json
import logging
import subprocess
import sys
import weakref
from itertools import pairwise

import pytest
from artifact_naive import Naive
from artifact_shop import Clock, Shop
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.artifacts import Artifact, Cache, DigestError, Folder, LoadError, digest_of
from tidegauge.errors import InputError, UnreadableError


def made(shop, **options):
    clock = Clock()
    cache = Cache(shop.load, shop, unload=shop.unload, clock=clock, **options)
    return cache, clock


def keys(cache):
    return [each.key.model_id for each in cache.held() if not each.is_leaving]


def test_it_is_loaded_once_and_the_least_recently_used_goes_first():
    shop = Shop()
    cache, _ = made(shop, most=2)
    first = cache.get("a")
    cache.get("b")
    assert cache.get("a") is first
    cache.get("c")
    assert keys(cache) == ["a", "c"]
    assert [model.artifact.model_id for model in shop.unloaded] == ["b"]


def test_bytes_bound_it_too():
    shop = Shop(sizes={"a": 40, "b": 40, "c": 60})
    cache, _ = made(shop, most_bytes=100)
    for model_id in "abc":
        cache.get(model_id)
    assert keys(cache) == ["b", "c"]
    assert cache.stats().bytes == 100


def test_room_is_made_before_a_model_is_loaded():
    shop = Shop()
    unloaded_before = []

    def load(artifact):
        unloaded_before.append(len(shop.unloaded))
        return shop.load(artifact)

    cache = Cache(load, shop, most=1, unload=shop.unload)
    for model_id in "abc":
        cache.get(model_id)
    assert unloaded_before == [0, 1, 2]


def test_one_over_the_whole_budget_is_handed_out_and_not_kept(caplog):
    shop = Shop(sizes={"huge": 11, "a": 10})
    cache, _ = made(shop, most_bytes=10)
    cache.get("a")
    cache.get("huge")
    with cache.use("huge") as model:
        assert model.unloads == 0
        assert [each.is_leaving for each in cache.held()] == [True, False]
    assert model.unloads == 1
    assert keys(cache) == ["a"]
    assert len(shop.loaded) == 3
    assert caplog.text.count("over the whole budget") == 1


def test_what_is_in_use_stays_and_goes_when_its_user_leaves():
    shop = Shop()
    cache, _ = made(shop, most=1)
    with cache.use("a") as a:
        with cache.use("a") as same:
            assert same is a
        cache.get("b")
        assert keys(cache) == ["a", "b"]
    assert keys(cache) == ["a"]
    assert [model.artifact.model_id for model in shop.unloaded] == ["b"]


def test_what_is_evicted_in_use_is_unloaded_when_its_last_user_leaves():
    shop = Shop()
    cache, _ = made(shop)
    with cache.use("a") as outer:
        with cache.use("a"):
            assert cache.evict("a", version="1")
            assert not cache.evict("a", version="1")
            assert cache.get("a") is not outer
        assert outer.unloads == 0
    assert outer.unloads == 1
    assert keys(cache) == ["a"]


def test_nothing_is_held_of_what_was_let_go():
    shop = Shop()
    cache = Cache(lambda artifact: {artifact.version, "big"}, shop, most=1)
    ref = weakref.ref(cache.get("a"))
    assert ref() is not None
    cache.get("b")
    gc.collect()
    assert ref() is None
    with cache.use("c") as model:
        ref = weakref.ref(model)
    del model
    cache.close()
    gc.collect()
    assert ref() is None


def test_a_failed_load_keeps_nothing_of_what_it_had_read():
    held = []

    def load(artifact):
        half = {artifact.version}
        held.append(weakref.ref(half))
        raise MemoryError

    cache = Cache(load, Shop())
    with pytest.raises(LoadError):
        cache.get("a")
    gc.collect()
    assert held[0]() is None


def test_latest_moves_on_and_the_old_one_goes():
    shop = Shop()
    cache, clock = made(shop, refresh_after=60)
    old = cache.get("a")
    shop.newest["a"] = "2"
    clock.now = 59
    assert cache.get("a") is old
    clock.now = 60
    assert cache.get("a").artifact.version == "2"
    assert old.unloads == 1
    assert [each.key.version for each in cache.held()] == ["2"]


def test_a_version_that_was_asked_for_by_its_number_stays_and_is_not_looked_up_again():
    shop = Shop()
    cache, clock = made(shop, refresh_after=60)
    old = cache.get("a")
    assert cache.get("a", version="1") is old
    shop.newest["a"] = "2"
    clock.now = 1e9
    finds = shop.finds
    assert cache.get("a", version="1") is old
    assert shop.finds == finds
    assert cache.get("a") is not old
    assert cache.get("a", version="1") is old


def test_a_version_written_over_is_seen_by_latest():
    shop = Shop()
    cache, clock = made(shop)
    old = cache.get("a")
    shop.digests["a", "1"] = "sha256:1"
    clock.now = 60
    new = cache.get("a")
    assert new is not old
    assert old.unloads == 1
    assert cache.get("a", version="1") is new


@pytest.mark.parametrize("why", ["broken", "digest", "down"])
def test_what_served_serves_on_when_the_newer_cannot_be_loaded(tmp_path, caplog, why):
    def deploy(version, digest=None):
        folder = tmp_path / "m" / version
        folder.mkdir(parents=True)
        (folder / "model.bin").write_text(version)
        said = {
            "created_at": f"2030-01-0{version}T00:00:00Z",
            "digest": digest or digest_of(folder / "model.bin"),
        }
        (folder / "metadata.json").write_text(json.dumps(said))
        return folder

    clock = Clock()
    cache = Cache(
        lambda artifact: int(artifact.path.read_text()),
        Folder(tmp_path),
        clock=clock,
        refresh_after=60,
    )
    deploy("1")
    assert cache.get("m") == 1
    if why == "down":
        tmp_path.rename(tmp_path.with_name("away"))
    else:
        newer = deploy("2", digest="sha256:0" if why == "digest" else None)
    if why == "broken":
        (newer / "model.bin").write_text("half")
        (newer / "metadata.json").write_text('{"created_at": "2030-01-02T00:00:00Z"}')
    for seconds in (60, 60.1, 61, 70, 130):
        clock.now = seconds
        assert cache.get("m") == 1
    (held,) = cache.held()
    assert held.stale
    assert caplog.text.count("serves on") == 1
    if why == "down":
        tmp_path.with_name("away").rename(tmp_path)
    else:
        said = {"created_at": "2030-01-02T00:00:00Z"}
        (newer / "model.bin").write_text("2")
        (newer / "metadata.json").write_text(json.dumps(said))
    clock.now = 200
    assert cache.get("m") == (1 if why == "down" else 2)
    assert [each.stale for each in cache.held()] == [""]


def test_a_broken_file_is_tried_again_after_pauses_that_grow():
    shop = Shop(broken={("a", "1")})
    tries = []

    def load(artifact):
        tries.append(clock.now)
        return shop.load(artifact)

    clock = Clock()
    cache = Cache(load, shop, clock=clock)
    for step in range(2_100):
        clock.now = step * 0.07
        with pytest.raises(LoadError, match="half a file"):
            cache.get("a")
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30], abs=0.08)
    assert cache.stats().failures == len(tries)
    shop.broken.clear()
    clock.now += 30
    assert cache.get("a").artifact.version == "1"
    cache.evict("a", version="1")
    shop.broken.add(("a", "1"))
    for seconds in (0, 0.51):
        clock.now += seconds
        with pytest.raises(LoadError):
            cache.get("a")
    assert tries[-1] - tries[-2] == pytest.approx(0.51)


def test_a_file_that_was_mended_is_tried_at_once():
    shop = Shop(broken={("a", "1")})
    cache, _ = made(shop)
    with pytest.raises(LoadError):
        cache.get("a")
    shop.broken.clear()
    with pytest.raises(LoadError):
        cache.get("a")
    shop.digests["a", "1"] = "sha256:1"
    assert cache.get("a").artifact.digest == "sha256:1"


def test_a_failed_load_takes_no_room():
    shop = Shop(broken={("bad", "1")})
    cache, _ = made(shop, most=2)
    with pytest.raises(LoadError):
        cache.get("bad")
    cache.get("a")
    cache.get("b")
    assert keys(cache) == ["a", "b"]


def test_what_was_let_go_while_a_newer_one_failed_is_not_handed_out():
    shop, clock = Shop(), Clock()

    def load(artifact):
        if artifact.version == "2":
            assert cache.evict("a", version="1")
            raise ValueError("half a file")
        return shop.load(artifact)

    cache = Cache(load, shop, unload=shop.unload, clock=clock)
    old = cache.get("a")
    shop.newest["a"] = "2"
    clock.now = 60
    with pytest.raises(LoadError, match="half a file"):
        cache.get("a")
    assert old.unloads == 1


def test_a_use_is_for_one_with_at_a_time():
    shop = Shop()
    cache, _ = made(shop)
    use = cache.use("a")
    for _ in range(2):
        with use, pytest.raises(InputError, match="in use already"):
            use.__enter__()
        assert [each.users for each in cache.held()] == [0]
    with pytest.raises(ZeroDivisionError), cache.use("a"):
        1 / 0  # noqa: B018 - any error
    assert [each.users for each in cache.held()] == [0]


def test_another_version_need_not_wait_for_the_pause_of_a_broken_one():
    shop = Shop(broken={("a", "1")})
    cache, _ = made(shop)
    with pytest.raises(LoadError):
        cache.get("a")
    shop.newest["a"] = "2"
    assert cache.get("a").artifact.version == "2"


def test_the_error_says_what_it_was_and_keeps_the_cause():
    shop = Shop(broken={("a", "1")})
    cache, _ = made(shop)
    with pytest.raises(LoadError, match="a/1 could not be loaded: ValueError: half") as caught:
        cache.get("a")
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(UnreadableError, match="no such version"):
        cache.get("a", version="never")
    shop.is_down = True
    with pytest.raises(LoadError, match="b/latest could not be looked up: ConnectionError"):
        cache.get("b")


def test_an_interrupted_load_is_no_failed_one():
    answers = [KeyboardInterrupt(), "model"]

    def load(_):
        answer = answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    cache = Cache(load, Shop())
    with pytest.raises(KeyboardInterrupt):
        cache.get("a")
    assert cache.get("a") == "model"
    assert cache.stats().failures == 0


def test_a_load_may_ask_for_another_model_and_not_for_itself():
    def load(artifact):
        below = {"top": "base", "base": "", "ring": "ring"}[artifact.model_id]
        return [artifact.model_id, *(cache.get(below) if below else [])]

    cache = Cache(load, Shop())
    assert cache.get("top") == ["top", "base"]
    with pytest.raises(LoadError, match="asks for itself"):
        cache.get("ring")


def test_an_unload_that_fails_harms_nobody(caplog):
    def unload(_):
        raise OSError("the device is gone")

    cache = Cache(lambda artifact: artifact.model_id, Shop(), most=1, unload=unload)
    assert [cache.get(each) for each in "abc"] == ["a", "b", "c"]
    assert caplog.text.count("unloading") == 2
    assert {record.levelno for record in caplog.records} == {logging.ERROR}


def test_it_tells_what_it_holds_and_has_done():
    shop = Shop(sizes={"a": 5}, broken={("bad", "1")})
    clock = Clock()

    def load(artifact):
        clock.now += 2
        return shop.load(artifact)

    cache = Cache(load, shop, clock=clock)
    cache.get("a", entity="berlin")
    clock.now = 10
    with cache.use("a", entity="berlin"):
        (held,) = cache.held()
        assert (held.key, held.size_bytes, held.uses, held.users) == (("a", "berlin", "1"), 5, 2, 1)
        assert (held.loaded_at, held.last_used_at) == (2, 10)
        clock.now = 15
        assert cache.unused(0) == []
    with pytest.raises(LoadError):
        cache.get("bad")
    stats = cache.stats()
    assert (stats.loads, stats.hits, stats.misses, stats.failures) == (1, 1, 1, 1)
    assert (stats.count, stats.bytes, stats.evictions, stats.load_seconds) == (1, 5, 0, 4)
    clock.now = 45
    assert [each.key.entity for each in cache.unused(30)] == ["berlin"]
    assert cache.unused(31) == []


def test_a_closed_cache_has_unloaded_all():
    shop = Shop()
    with made(shop)[0] as cache:
        cache.get("a")
        use = cache.use("b")
        model = use.__enter__()
    assert [each.artifact.model_id for each in shop.unloaded] == ["a"]
    use.__exit__(None, None, None)
    assert model.unloads == 1
    assert cache.held() == []
    with pytest.raises(InputError, match="closed"):
        cache.get("a")
    cache.close()
    assert len(shop.unloaded) == 2


@pytest.mark.parametrize("wrong", [{"most": 0}, {"most_bytes": 0}, {"loads_at_once": 0}])
def test_bounds_are_something(wrong):
    with pytest.raises(InputError, match="1 at least"):
        Cache(print, Shop(), **wrong)


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_time_does_not_run_back(wrong):
    with pytest.raises(InputError, match="refresh_after"):
        Cache(print, Shop(), refresh_after=wrong)


def test_an_artifact_names_its_version():
    with pytest.raises(InputError, match="names the version"):
        Artifact(model_id="a", version="latest", location="x://")


def test_a_digest_error_is_one_of_loading():
    assert issubclass(DigestError, LoadError)


def test_it_needs_the_standard_library_only():
    script = "import sys; before = set(sys.modules); import tidegauge.artifacts\n"
    script += "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) <= {"tidegauge", *sys.stdlib_module_names}
    assert "tidegauge" in done.stdout


models = st.sampled_from("abcd")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("get"), models, st.sampled_from(["latest", "1", "2"])),
        st.tuples(st.just("enter"), models, st.sampled_from(["latest", "1", "2"])),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("evict"), models, st.sampled_from(["1", "2"])),
        st.tuples(st.just("deploy"), models, st.sampled_from(["1", "2", "3"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 61])),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(steps, st.integers(1, 4), st.sampled_from([None, 3, 6, 9]))
def test_it_holds_what_a_naive_one_holds(steps, most, most_bytes):
    shop = Shop(sizes={"a": 1, "b": 2, "c": 3, "d": 7})
    cache, clock = made(shop, most=most, most_bytes=most_bytes, refresh_after=60)
    naive = Naive(most, most_bytes, 60, shop)
    uses = []
    for what, *rest in steps:
        if what == "get":
            cache.get(rest[0], version=rest[1])
            naive.get(*rest, clock.now)
        elif what == "enter":
            use = cache.use(rest[0], version=rest[1])
            uses.append((use, use.__enter__(), naive.get(*rest, clock.now, is_used=True)))
        elif what == "leave" and uses:
            use, model, entry = uses.pop(rest[0] % len(uses))
            assert model.unloads == 0
            use.__exit__(None, None, None)
            naive.leave(entry)
        elif what == "evict":
            cache.evict(rest[0], version=rest[1])
            naive.evict(*rest)
        elif what == "deploy":
            shop.newest[rest[0]] = rest[1]
        elif what == "wait":
            clock.now += rest[0]
        held = [each for each in cache.held() if not each.is_leaving]
        assert [(each.key.model_id, each.key.version) for each in held] == naive.kept()
        unloaded = [(each.artifact.model_id, each.artifact.version) for each in shop.unloaded]
        assert unloaded == naive.unloaded
        in_use = sum(each.users > 0 for each in held)
        assert len(held) <= max(most, in_use + 1)
        if not in_use and most_bytes is not None:
            assert sum(each.size_bytes for each in held) <= most_bytes
    assert all(model.unloads <= 1 for model in shop.loaded)
