"""A process of its own, for what ends it, forks it or must be alone in it.

`python child.py SCENARIO URL [SABOTAGE]` prints one line of JSON.
"""

import atexit
import faulthandler
import gc
import json
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import weakref
from pathlib import Path

SCENARIO, URL, SABOTAGE = [*sys.argv, "", "", ""][1:4]

if SCENARIO == "imports":
    events = []

    def hear(event, args):
        if event.startswith(("socket.", "subprocess.", "os.fork", "_thread.start")):
            events.append(event)
        if event == "open" and not str(args[0]).endswith((".py", ".pyc", ".so", "pyvenv.cfg")):
            events.append(f"open {args[0]}")

    import tidegauge.version  # noqa: F401 - how a package is installed is read from a file

    sys.addaudithook(hear)

import client_sabotages  # noqa: E402

from tidegauge.client import Client  # noqa: E402
from tidegauge.client import exit as leaving  # noqa: E402

client_sabotages.apply(SABOTAGE)
# Where it is not about how long a process is held, a busy machine may take its time.
leaving.EXIT_SECONDS = float(os.environ.get("EXIT_SECONDS", leaving.EXIT_SECONDS))


def say(**found):
    print(json.dumps(found), flush=True)  # noqa: T201 - to the test


def counts(client):
    stats = client.stats()
    return {
        "calls": stats.calls,
        "acked": stats.acked,
        "dropped": dict(stats.dropped),
        "queued": stats.queued,
    }


def threads():
    return len(list(Path("/proc/self/task").iterdir()))


def rss_mib():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError


def imports():
    say(
        events=events,
        threads=threads(),
        heavy=[each for each in ("numpy", "pyarrow", "httpx", "httpcore") if each in sys.modules],
    )


def audited():
    """What the caller's thread asks of the operating system while it logs, server by server."""
    heard, caller = [], threading.get_ident()

    def hear(event, _args):
        if threading.get_ident() == caller and event.startswith(
            ("socket.", "open", "subprocess.", "os.", "_thread.")
        ):
            heard.append(event)

    sys.addaudithook(hear)
    features = {f"f{place}": place / 7 for place in range(50)}
    found, clients = [], []
    for url in URL.split(","):
        client = Client(url, "key", timeout=0.5, flush_interval=0.01)
        clients.append(client)
        # Something is under way already, and the settings have been read.
        client.log(model_id="m")
        client.flush(0.5)
        heard.clear()
        for place in range(5_000):
            client.log(
                model_id="m", features=features, prediction_score=0.5, tags={"a": str(place)}
            )
        found.append({"events": sorted(set(heard)), **counts(client)})
    say(found=found)
    os._exit(0)


def memory():
    """Records of 1 MB and of 1 KB while the worker waits for an answer."""
    client = Client(URL, "key", timeout=20.0, flush_interval=0.01)
    for _ in range(100):
        client.log(model_id="m", features={"a": 1.0})
    # The libraries are there, and the worker waits for its answer.
    while client.stats().batches < 1 or client._worker._sender._transport is None:
        time.sleep(0.01)
    time.sleep(0.2)
    before = rss_mib()
    for place in range(300):
        text = [f"{place}-{part}-" + "x" * 60_000 for part in range(16)]
        client.log(model_id="m", features=dict(zip("abcdefghijklmnop", text, strict=True)))
    for place in range(30_000):
        client.log(model_id="m", features={f"f{part}": place + part / 7 for part in range(30)})
    say(growth=rss_mib() - before, **counts(client))
    os._exit(0)


def forks():
    """Forks while four threads log; each child logs five and leaves as programs do."""
    client = Client(URL, "key", flush_interval=0.05)
    going = threading.Event()

    def chatter(name):
        place = 0
        while not going.is_set():
            client.log(model_id="m", prediction_id=f"{os.getpid()}-{name}-{place}")
            place += 1
            time.sleep(0.001)

    loggers = [threading.Thread(target=chatter, args=(name,)) for name in range(4)]
    for logger in loggers:
        logger.start()
    children = []
    for _ in range(25):
        time.sleep(0.01)
        child = os.fork()
        if not child:
            signal.alarm(40)
            for place in range(5):
                client.log(model_id="m", prediction_id=f"{os.getpid()}-c-{place}")
            # Threads are gone here: only exit handlers run, as in a program's last line.
            atexit._run_exitfuncs()
            os._exit(0)
        children.append(child)
    ended = [os.waitpid(child, 0)[1] for child in children]
    going.set()
    for logger in loggers:
        logger.join()
    client.flush(5)
    say(children=children, ended=ended, **counts(client))


def in_child(client):
    client.log(model_id="m", prediction_id=f"{os.getpid()}-mp")


def method(name):
    context = multiprocessing.get_context(name)
    client = Client(URL, "key")
    if name == "fork":
        client.log(model_id="m", prediction_id="parent")
    pids = []
    for _ in range(2):
        target, args = (in_child, (client,)) if name == "fork" else (fresh_child, (URL,))
        process = context.Process(target=target, args=args)
        process.start()
        process.join(20)
        pids.append(process.pid)
    say(pids=pids)


def fresh_child(url):
    in_child(Client(url, "key"))


def leaves():
    """Logs a thousand and ends in the way that is named after the colon."""
    way = SCENARIO.partition(":")[2]
    client = Client(URL, "key", timeout=20)
    if "OTHER" in os.environ:
        other = Client(os.environ["OTHER"], "key", flush_interval=30)
        other.log(model_id="m")
    for place in range(1 if way == "short" else 1_000):
        client.log(model_id="m", prediction_id=f"p{place}", features={"a": place})
    say(pid=os.getpid(), at=time.monotonic())
    if way == "sys.exit":
        sys.exit(3)
    if way == "exception":
        raise ValueError("on purpose")
    if way == "sigterm":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(20)
    if way == "sigkill":
        # What is in the spool outlives the process.
        time.sleep(0.1)
    if way == "late":
        atexit.register(lambda: client.log(model_id="m", prediction_id="late"))
    if way == "forgotten":
        del client
        gc.collect()


def spooled():
    client = Client(URL, "key", spool=os.environ["SPOOL"], timeout=20)
    for place in range(1_000):
        client.log(model_id="m", prediction_id=f"p{place}", features={"a": place})
    # Until the files are there: the server does not answer.
    until = time.monotonic() + 10
    spool = Path(os.environ["SPOOL"])
    while sum(_rows(path) for path in spool.rglob("*.batch")) < 1_000:
        assert time.monotonic() < until
        time.sleep(0.01)
    say(**counts(client))
    os.kill(os.getpid(), signal.SIGKILL)


def _rows(path):
    try:
        return json.loads(path.read_bytes().partition(b"\n")[0])["rows"]
    except OSError:
        return 0


def reentrant():
    """Calls from where calls are not expected; the watchdog ends what hangs."""
    faulthandler.dump_traceback_later(4, exit=True)
    client = Client(URL, "key", flush_interval=0.05, max_records=1_000_000)
    made = [0]

    def log(*_):
        client.log(model_id="m", features={"a": made[0]})
        made[0] += 1

    class Last:
        def __del__(self):
            log()

    class Handler(logging.Handler):
        def emit(self, _record):
            log()

    signal.signal(signal.SIGALRM, log)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    logger = logging.getLogger("somebody")
    logger.addHandler(Handler())
    logger.propagate = False
    kept = []
    for place in range(4_000):
        Last()
        target = Last()
        kept.append(weakref.ref(target, log))
        del target
        logger.warning("words")
        client.log(model_id="m", features={"a": place})
        if place % 100 == 0:
            log()
    signal.setitimer(signal.ITIMER_REAL, 0)
    expected = made[0] + 4_000
    client.flush(10)
    say(expected=expected, **counts(client))


def small_stack():
    threading.stack_size(65_536)
    client = Client(URL, "key")
    thread = threading.Thread(target=lambda: client.log(model_id="m", features={"a": 1}))
    thread.start()
    thread.join()
    client.flush()
    say(**counts(client))


def subinterpreter():
    import _xxsubinterpreters as interpreters

    inside = interpreters.create(isolated=False)
    script = f"""
import sys
sys.path[:] = {sys.path!r}
from tidegauge.client import Client
client = Client({URL!r}, "key")
client.log(model_id="m")
client.close(timeout=0.2)
stats = client.stats()
assert dict(stats.dropped) == {{"shutdown": 1}}, stats
"""
    interpreters.run_string(inside, script)
    say(done=True)


if __name__ == "__main__":
    name = SCENARIO.partition(":")[0]
    if name in ("fork", "spawn", "forkserver"):
        method(name)
    else:
        globals()[name]()
