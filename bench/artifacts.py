"""What a model costs that is in memory already, and how often it is loaded when eight ask at once.

    PYTHONPATH=src python bench/artifacts.py  (any Python that has cachetools)

`functools.lru_cache` and cachetools know no user, no bytes and no newer version; a TTL throws
away the old model before there is a new one.
"""

import functools
import statistics
import threading
import time
import timeit
from concurrent.futures import ThreadPoolExecutor

import cachetools

from tidegauge.artifacts import Artifact, Cache

CALLS, ROUNDS, THREADS = 20_000, 15, 8


class Registry:
    def find(self, model_id, entity, version):
        version = "1" if version == "latest" else version
        return Artifact(model_id=model_id, entity=entity, version=version, location="mem://")


def slow(_):
    time.sleep(0.05)
    loads.append(1)
    return object()


def contenders():
    cache = Cache(slow, Registry())

    def use(model_id):
        with cache.use(model_id) as model:
            return model

    lock, condition = threading.RLock(), threading.Condition()
    return {
        "functools.lru_cache": functools.lru_cache(10)(slow),
        "cachetools, LRU, lock": cachetools.cached(cachetools.LRUCache(10), lock=lock)(slow),
        "cachetools, TTL, condition": cachetools.cached(
            cachetools.TTLCache(10, 60), condition=condition
        )(slow),
        "tidegauge, get of a version": lambda name: cache.get(name, version="1"),
        "tidegauge, get of latest": cache.get,
        "tidegauge, use of latest": use,
    }


loads: list[int] = []


def main():
    ways = contenders()
    models = [f"model-{number}" for number in range(5)]
    for way in ways.values():
        for each in models:
            way(each)
    spent = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            seconds = timeit.timeit(
                lambda way=way: [way(each) for each in models], number=CALLS // 5
            )
            spent[name].append(seconds / CALLS * 1e9)
    base = statistics.median(spent["cachetools, TTL, condition"])
    print("| in memory | ns a call | times cachetools' TTL | loads when 8 ask at once |")
    print("|---|---|---|---|")
    for name in ways:
        # Each has its own, which nobody has asked yet.
        way = contenders()[name]
        loads.clear()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(way, ["model"] * THREADS))
        took = statistics.median(spent[name])
        print(f"| {name} | {took:,.0f} | {took / base:.2f} | {len(loads)} |")


if __name__ == "__main__":
    main()
