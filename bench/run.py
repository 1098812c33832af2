"""Measure everything that docs/benchmarks.md claims, and write it there.

Each contender runs in a process and an environment of its own, on one core; ratios are taken
between runs that stand next to each other, as machines are shared and noisy.
"""

import json
import logging
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from threadpoolctl import threadpool_limits

import accuracy
import alerting
import ask
import backtested
import budget
import client
import delivering
import estimates
import fleet
import frames
import ingest
import injections
import judged
import kept
import live
import loop
import losses
import public
import quiet
import see
import streams
import truth
import verdict
import whole
import year

HERE = Path(__file__).parent
OURS = sys.executable
CONTENDERS = {
    "tidegauge": ("tidegauge_frames", OURS),
    "plain scipy + numpy": ("plain", OURS),
    "NannyML, univariate": ("nannyml_univariate", HERE / "../.rivals/nannyml/bin/python"),
    "whylogs, profiles only": ("whylogs_profiles", HERE / "../.rivals/whylogs/bin/python"),
    "Evidently, default report": ("evidently_report", HERE / "../.rivals/evidently/bin/python"),
}
BENCHMARK = "TIDEGAUGE_BENCHMARK"
"""The folder of the public benchmark, which is not ours."""
OF_PERFORMANCE = {
    "tidegauge": ("tidegauge_performance", OURS),
    "five metrics of scikit-learn": ("sklearn_performance", OURS),
    "NannyML's calculator, the same five": (
        "nannyml_performance",
        HERE / "../.rivals/nannyml/bin/python",
    ),
}
OF_GROUPS = {
    "tidegauge, seven criteria with intervals": ("tidegauge_groups", OURS),
    "numpy alone": ("numpy_groups", OURS),
    "fairlearn's MetricFrame": ("fairlearn_groups", HERE / "../.rivals/fairlearn/bin/python"),
}
OF_ESTIMATES = {
    "tidegauge": ("tidegauge_estimates", OURS),
    "NannyML's CBPE": ("nannyml_estimates", HERE / "../.rivals/nannyml/bin/python"),
}
QUICK = ("tidegauge", "plain scipy + numpy")


def main() -> None:
    sections: list[Callable[[Path], str]] = [
        compare_small,
        compare_large,
        from_files,
        cold_start,
        profiles,
        fleet_scores,
        exactness,
        false_alarms,
        client_calls,
        accepting,
        survival,
        keeping,
        whole_path,
        answering,
        judging,
        public_drifts,
        told_soon,
        told_live,
        quiet_months,
        quiet_year,
        alerts,
        error_streams,
        the_truth,
        before_labels,
        errors_before_labels,
        the_dashboard,
        the_loop,
        models_in_memory,
    ]
    wanted = sys.argv[1:] or [section.__name__ for section in sections]
    if not sys.argv[1:] and BENCHMARK not in os.environ:
        wanted.remove(public_drifts.__name__)
    with tempfile.TemporaryDirectory() as folder:
        for section in sections:
            if section.__name__ in wanted:
                print(f"== {section.__name__}", flush=True)
                text = section(Path(folder))
                print(text, flush=True)
                # At once: half an hour is long enough to be interrupted in.
                write(text)


def write(text: str) -> None:
    """Put a section where the page has it, or at its end; the others stay as they are."""
    page = HERE / "../docs/benchmarks.md"
    _head, *parts = re.split(r"^(?=## )", page.read_text(), flags=re.MULTILINE)
    title = text.partition("\n")[0]
    at = next((i for i, part in enumerate(parts) if part.startswith(f"{title}\n")), len(parts))
    parts[at : at + 1] = [text.rstrip() + "\n"]
    machine = f"{os.cpu_count()} cores, {cpu()}, Python {platform.python_version()}"
    head = (HERE / "head.md").read_text()
    told = head.format(machine=machine, date=time.strftime("%Y-%m-%d"))
    page.write_text("\n".join([told, *(part.rstrip() + "\n" for part in parts)]))


def cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def timed(contender: str, reference: Path, current: Path) -> dict[str, float]:
    module, python = CONTENDERS[contender]
    return run(python, HERE / "one.py", module, reference, current)


def run(python: object, *words: object) -> dict[str, float]:
    done = subprocess.run(
        [str(python), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NML_DISABLE_USAGE_LOGGING": "1"},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def pair(folder: Path, rows: int) -> tuple[Path, Path]:
    paths = folder / f"reference_{rows}.parquet", folder / f"current_{rows}.parquet"
    for seed, path in enumerate(paths):
        if not path.exists():
            frames.write(str(path), rows, seed)
    return paths


def table(title: str, rows: int, repeats: dict[str, int], folder: Path) -> str:
    """Contenders in turn, so that each run of a rival stands next to one of ours."""
    paths = pair(folder, rows)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in repeats}
    for turn in range(max(repeats.values())):
        for name, times in repeats.items():
            if turn < times:
                runs[name].append(timed(name, *paths))
    ours = statistics.median(found["seconds"] for found in runs["tidegauge"])
    lines = [f"## {title}", "", "| | median s | times tidegauge | memory over the frames, MB |"]
    lines += ["|---|---|---|---|"]
    for name, found in runs.items():
        seconds = statistics.median(one["seconds"] for one in found)
        extra = max(one["extra_mb"] for one in found)
        lines.append(f"| {name} | {seconds:.3g} | {seconds / ours:.3g} | {extra:.0f} |")
    return "\n".join([*lines, ""])


def compare_small(folder: Path) -> str:
    repeats = {name: 7 if name in QUICK else 3 for name in CONTENDERS}
    return table("Two frames of 10,000 rows and 50 columns", 10_000, repeats, folder)


def compare_large(folder: Path) -> str:
    repeats = {name: 3 if name in QUICK else 1 for name in CONTENDERS}
    return table("Two frames of 1,000,000 rows and 50 columns", 1_000_000, repeats, folder)


def from_files(folder: Path) -> str:
    paths = pair(folder, 1_000_000)
    found = run(OURS, HERE / "one.py", "tidegauge_files", *paths)
    size = sum(path.stat().st_size for path in paths) / 1e6
    text = ["## The same from Parquet files, read piece by piece", ""]
    held = found["held_mb"] + found["extra_mb"]
    text += [f"Two files of {size / 2:.0f} MB each: {found['seconds']:.2g} s with reading, and"]
    text += [f"at most {held:.0f} MB of memory in all, Python included.", ""]
    return "\n".join(text)


def cold_start(folder: Path) -> str:
    small = pair(folder, 10_000)
    statements = {
        "`import tidegauge`": "import tidegauge",
        "an empty Python": "pass",
        "`tg.compare` of two Parquet files of 10,000 x 50": (
            f"import tidegauge as tg; tg.compare({str(small[0])!r}, {str(small[1])!r})"
        ),
        "`import scipy.stats, pandas`, for comparison": "import scipy.stats, pandas",
    }
    lines = ["## From a cold start", "", "| process that runs | median ms of 9 |", "|---|---|"]
    for name, statement in statements.items():
        spent: list[float] = []
        for _ in range(9):
            started = time.perf_counter()
            subprocess.run([OURS, "-c", statement], check=True)
            spent.append(1000 * (time.perf_counter() - started))
        lines.append(f"| {name} | {statistics.median(spent):.0f} |")
    return "\n".join([*lines, ""])


def profiles(_: Path) -> str:
    lines = ["## Building profiles", "", "| from | rows of 50 columns a second a core |"]
    lines += ["|---|---|"]
    for kind in ("numpy", "arrow", "pandas"):
        found = [run(OURS, HERE / "building.py", kind)["rows_per_s"] for _ in range(3)]
        lines.append(f"| {kind} | {statistics.median(found):,.0f} |")
    return "\n".join([*lines, ""])


def fleet_scores(_: Path) -> str:
    seconds = statistics.median(fleet.main() for _ in range(5))
    return (
        "## PSI, KS and KL of 1,000 models of 50 columns, from profiles\n\n"
        f"{seconds:.2g} s of one core: 150,000 numbers, {1e6 * seconds / 150_000:.2g} µs each.\n"
    )


def exactness(_: Path) -> str:
    return accuracy.main()


def false_alarms(_: Path) -> str:
    pairs = 1_000
    lines = ["## The verdict", "", f"{pairs:,} pairs of samples of one source each:", ""]
    lines += ["| rows | columns | pairs that drifted |", "|---|---|---|"]
    for rows, features, alarms in verdict.false_alarms(pairs):
        lines.append(f"| {rows:,} | {features} | {alarms} ({alarms / pairs:.1%}) |")
    found, others = verdict.found_shifts(pairs)
    lines += ["", "A shift of 0.3 standard deviations in one of 50 columns, 5,000 rows: found in"]
    lines += [f"{found / pairs:.1%} of {pairs:,} pairs; another column was named in {others}.", ""]
    return "\n".join(lines)


def client_calls(_: Path) -> str:
    found = client.main()
    lines = ["## What `client.log()` costs the caller", ""]
    lines += [
        "Microseconds of one call with 50 features, over 200,000 calls in a tight loop, and in"
    ]
    lines += ["the same run what `queue.Queue.put` and `json.dumps` of the same row cost.", ""]
    lines += ["| | median | p99 | p99.9 | longest |", "|---|---|---|---|---|"]
    for name, numbers in found.items():
        lines.append(f"| {name} | {' | '.join(f'{value:,.1f}' for value in numbers.values())} |")
    return "\n".join([*lines, ""])


def accepting(_: Path) -> str:
    lines = ["## What the server accepts, durably", ""]
    lines += ["A real `tidegauge web` with one decoder; the load generator sends whether or not it"]
    lines += [
        "has been answered and shares the machine's cores. Batches are of 1,000 records of 50"
    ]
    lines += ["features. An answer counts from when its request was due.", ""]
    return "\n".join([*lines, ingest.table(ingest.measure(Path("/var/tmp")))])  # noqa: S108


def survival(_: Path) -> str:
    """The long forms of the crash tests and of the fuzzer; each fails the run if it fails."""
    lines = ["## What it survives", ""]
    tests = {
        "kill -9 of the server under load, 200 times, with a restart after each": (
            {"TIDEGAUGE_KILLS": "200"},
            "tests/web/crash/test_web_kills.py",
        ),
        "the failpoints around everything durable, killed at each": (
            {},
            "tests/web/crash/test_web_failpoints.py",
        ),
        "50 images of a power loss: unsynced writes lost, torn, reordered": (
            {"TIDEGAUGE_IMAGES": "50"},
            "tests/log/test_log_power.py",
        ),
        "a full disk, and room again, three times": ({}, "tests/web/crash/test_web_disk_full.py"),
        "kill -9 of web, worker or both under load, 200 times with SQLite, 50 with PostgreSQL: rows"
        " and the counts of all windows": ({"TIDEGAUGE_KILLS": "200"}, "tests/whole"),
        "the failpoints around everything durable that the worker passes, killed at each": (
            {},
            "tests/worker/test_worker_crash.py",
        ),
    }
    lines += [
        "Nothing that was answered with 200 was lost or doubled, by the sender's own ledger:",
        "",
    ]
    for name, (environment, path) in tests.items():
        words = [OURS, "-m", "pytest", "-p", "no:cacheprovider", str(HERE.parent / path)]
        subprocess.run(words, check=True, env={**os.environ, **environment}, cwd=HERE.parent)
        lines.append(f"- {name}")
    fuzz = [OURS, str(HERE / "../tests/ingest/fuzz.py"), "--seed", "7"]
    told = subprocess.run(fuzz, check=True, capture_output=True, text=True).stdout
    slowest = [float(found) for found in re.findall(r"slowest=([0-9.]+)", told)]
    lines += [
        "",
        "A million JSON bodies and 100,000 of Arrow, changed at random: no death, no answer",
    ]
    lines += [f"but a verdict or a refusal, the slowest after {1000 * max(slowest):.0f} ms.", ""]
    return "\n".join(lines)


def keeping(_folder: Path) -> str:
    return "## What a prediction costs on disk\n\n" + kept.table(kept.measure())


def whole_path(folder: Path) -> str:
    return whole.table(whole.measure(folder))


def answering(_folder: Path) -> str:
    return ask.table()


def judging(_folder: Path) -> str:
    return "\n".join(
        [
            "## The judge",
            "",
            judged.table(),
            backtested.table(),
            budget.drift_table(3),
            "",
            budget.price_table(),
            "",
            judge_killed({"sqlite": 108, "postgres": 18}),
        ]
    )


def judge_killed(times: dict[str, int]) -> str:
    """By database; it fails the run if a reading is not as undisturbed."""
    path = HERE.parent / "tests/monitor/test_monitor_crash.py"
    for database, count in times.items():
        words = [OURS, "-m", "pytest", "-p", "no:cacheprovider", str(path)]
        words += ["-k", f"{database} and killed_anywhere"]
        environment = {**os.environ, "TIDEGAUGE_KILLS": str(count)}
        subprocess.run(words, check=True, env=environment, cwd=HERE.parent)
    return killed_words(times)


def killed_words(times: dict[str, int]) -> str:
    return "\n".join(
        [
            f"Killed with kill -9 {times['sqlite']} times on SQLite and {times['postgres']} on",
            "PostgreSQL, at every point around its commits and its late rows, and started again:",
            "no slot was missing, none was there twice, and every reading and all that monitors",
            "remember was as of a judge that nobody disturbed.",
            "",
        ]
    )


def public_drifts(_folder: Path) -> str:
    text = public.table(public.measure(Path(os.environ[BENCHMARK])))
    return f"## The public benchmark, rows in and alarms out\n\n{text}\n"


def told_soon(_folder: Path) -> str:
    return f"## A hundred faults\n\n{injections.table(injections.measure())}\n"


def told_live(_folder: Path) -> str:
    return f"## A hundred faults, by the clock on the wall\n\n{live.table(live.measure())}\n"


def quiet_months(_folder: Path) -> str:
    """What was kept of longer runs counts; a few months are there in any case."""
    found = quiet.measure(3, _results() / "quiet.jsonl")
    return f"## Quiet months\n\n{quiet.table(found)}\n"


def quiet_year(_folder: Path) -> str:
    """As far as it has come, and a day in any case."""
    found = year.measure(year.A_DAY, _results())
    return f"## A quiet year, minute by minute\n\n{year.table(found)}\n"


def alerts(_folder: Path) -> str:
    told = delivering.table(delivering.measure())
    return (
        f"## What alerting costs\n\n{alerting.table(alerting.measure())}\n\n{told}\n\n"
        f"{ALERTS_SURVIVE}\n"
    )


ALERTS_SURVIVE = """## What alerting survives

The long forms of its tests (`make nightly`), each on SQLite and PostgreSQL where a catalog is
part of it:

- 200 kills and 100 orderly ends with 1,000 incidents: each told once, none lost
- 10,000 races of an acknowledgement and an escalation: none escalated after it
- 100,000 random steps beside the independent model: no difference, all invariants kept
- a worker or a judge that stands still, 20 of each by the clock on the wall: noticed in all 40
- of two notifiers one stopped for a minute in the middle of a send, or cut off from
  PostgreSQL: nothing lost, nothing twice
- 300 random time-lines beside Alertmanager: the same notices"""


def _results() -> Path:
    """Where long runs keep how far they came."""
    found = HERE / "results"
    found.mkdir(exist_ok=True)
    return found


def error_streams(_folder: Path) -> str:
    return f"## Detectors on streams of errors\n\n{streams.text(10)}"


def the_truth(_folder: Path) -> str:
    return truth.text(OF_PERFORMANCE, OF_GROUPS)


def before_labels(_folder: Path) -> str:
    rivals = HERE / "../.rivals"
    return estimates.text(
        OF_ESTIMATES, rivals / "nannyml/bin/python", rivals / "flights/bin/python"
    )


def errors_before_labels(_folder: Path) -> str:
    rivals = HERE / "../.rivals"
    return losses.text(rivals / "nannyml/bin/python", rivals / "flights/bin/python")


def the_dashboard(_folder: Path) -> str:
    return f"## The dashboard\n\n{see.table(see.measure())}"


def the_loop(_folder: Path) -> str:
    with threadpool_limits(1):
        return loop.text(5)


def models_in_memory(_folder: Path) -> str:
    command = [HERE / "../.rivals/cachetools/bin/python", HERE / "artifacts.py"]
    own = {**os.environ, "PYTHONPATH": str(HERE / "../src")}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=True)
    return (
        "## Models that are in memory\n\n"
        "What a call costs of a model that is loaded already, and how often one is loaded when"
        " eight threads ask for it at once. `functools.lru_cache` and cachetools know no user, no"
        " bytes and no newer version; a TTL throws away the old model before there is a new one."
        "\n\n"
        f"{done.stdout}"
    )


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    main()
