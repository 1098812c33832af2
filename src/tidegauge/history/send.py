"""A file's rows to a server, batch by batch, so that it can be stopped and gone on with."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq

from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError, TidegaugeError, UnreadableError
from tidegauge.failpoint import hit
from tidegauge.history.columns import Plan
from tidegauge.history.post import posted, reason_of, told_by

ROWS: Final = 5_000


class ImportFailedError(TidegaugeError):
    """The server did not take it; what it took is kept, and the next run goes on from there."""


@dataclass
class Counts:
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(frozen=True)
class Source:
    """A file of rows."""

    path: Path

    @property
    def rows(self) -> int | None:
        """How many, where the file says so."""
        if self.path.suffix == ".csv":
            return None
        with pq.ParquetFile(self.path) as file:
            return file.metadata.num_rows

    @property
    def columns(self) -> list[str]:
        return next(self.tables(1)).column_names

    def tables(self, rows: int = ROWS) -> Iterator[Table]:
        try:
            if self.path.suffix == ".csv":
                yield from _csv(self.path, rows)
            else:
                with pq.ParquetFile(self.path) as file:
                    for batch in file.iter_batches(rows):
                        yield pa.Table.from_batches([batch])
        except (pa.ArrowException, OSError) as error:
            raise UnreadableError(f"{self.path}: {error}") from error

    def digest(self) -> str:
        """Of all its bytes: the same file is the same import."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:24]


def _csv(path: Path, rows: int) -> Iterator[Table]:
    with pc_csv.open_csv(path) as reader:
        for batch in reader:
            whole = pa.Table.from_batches([batch])
            for start in range(0, whole.num_rows, rows):
                yield whole.slice(start, rows)


class Memory:
    """How far an import came, kept beside the user's other caches."""

    def __init__(self, key: str) -> None:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self._path = base / "tidegauge" / "imports" / f"{key}.json"

    def read(self) -> int:
        try:
            return int(json.loads(self._path.read_text(encoding="utf-8"))["batches"])
        except (OSError, ValueError, KeyError):
            return 0

    def write(self, batches: int) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps({"batches": batches}), encoding="utf-8")
        hit("history.before-remember")
        draft.replace(self._path)


def send(
    source: Source,
    plan: Plan,
    http: httpx.Client,
    *,
    again: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
) -> Counts:
    """Send what was not sent before."""
    digest = source.digest()
    said = hashlib.sha256(f"{plan}{plan.model}{http.base_url}".encode()).hexdigest()[:12]
    memory = Memory(f"{digest}-{said}")
    done = 0 if again else memory.read()
    counts = Counts()
    first = 0
    for number, rows in enumerate(source.tables()):
        if number >= done:
            table = plan.table(rows, first, digest)
            _send(http, plan, table, f"import-{digest}-{said}-{number}", counts, first)
            memory.write(number + 1)
        first += rows.num_rows
        progress(rows.num_rows)
    return counts


def _send(
    http: httpx.Client, plan: Plan, table: Table, batch_id: str, counts: Counts, first: int
) -> None:
    try:
        answer = posted(http, plan.kind.name, table, batch_id)
    except httpx.TransportError as error:
        raise ImportFailedError(
            f"{http.base_url} cannot be reached ({error}); run this again to go on"
        ) from error
    told = told_by(answer)
    if answer.status_code == 200:
        counts.accepted += told["accepted"]
        counts.duplicate += told["duplicate"]
        counts.rejected += told["rejected"]
    elif answer.status_code == 422 and told.get("errors"):
        # Not one row of this batch could be kept.
        counts.rejected += table.num_rows
    else:
        raise ImportFailedError(f"the server answered {answer.status_code}: {reason_of(answer)}")
    for error in told.get("errors", [])[: 5 - len(counts.errors)]:
        counts.errors.append(error | {"row": first + error.get("index", 0)})


def checked(plan: Plan) -> None:
    missing = plan.missing()
    if plan.kind.name == "predictions" and "timestamp" in missing:
        raise InputError(
            "no column says when each prediction happened: name it with --map COLUMN=timestamp"
        )
    if plan.kind.name != "predictions" and "prediction_id" in missing:
        raise InputError("labels need their prediction's id: --map COLUMN=prediction_id")
