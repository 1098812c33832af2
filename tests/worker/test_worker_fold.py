"""The windows of a table hold what each holds whose rows come alone."""

from functools import reduce

import numpy as np
import pyarrow as pa

from tidegauge.profile.codec import encode
from tidegauge.profile.table import Profile
from tidegauge.reference.counted import frame_of
from tidegauge.reference.fit import profile_of_table
from tidegauge.series.places import places
from tidegauge.tail.decode import as_if_live, stamped
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, MINUTE, SECOND
from tidegauge.worker.fold import Folding, Frontier, fold
from tidegauge.worker.windows import Fitted, Windows

START = 1_790_000_000 * SECOND - (1_790_000_000 * SECOND) % (DAY * SECOND)
NEVER = 1 << 62
HOURS = Frontier(
    {FIVE_MINUTES: 0, HOUR: NEVER, DAY: 0},
    {MINUTE: NEVER, FIVE_MINUTES: NEVER, HOUR: 0, DAY: NEVER},
)
TIME = pa.timestamp("us", tz="UTC")


def fitted(table):
    return Fitted(7, profile_of_table(table).layout)


class Series:
    def __init__(self):
        self.numbers = {}

    def __call__(self, pairs):
        return {pair: self.numbers.setdefault(pair, len(self.numbers)) for pair in sorted(pairs)}


def counted(tables, of, segments=()):
    """By version, segment and start: the rows, and the profile as bytes."""
    windows, series = Windows(lambda _keys: {}, most=NEVER), Series()
    for table in tables:
        fold(table, places(table), Folding(of, segments, series), windows, HOURS)
    pairs = {number: pair for pair, number in series.numbers.items()}
    return {
        (*pairs[each.series], each.start): (each.rows, each.profile) for each in windows.changed(0)
    }


def history(generator, rows):
    def some(values, share=0.1):
        return pa.array(values, mask=generator.random(rows) < share)

    columns = {
        "model_id": ["m"] * rows,
        "prediction_id": [str(i) for i in range(rows)],
        "timestamp": pa.array(START + generator.integers(0, 20 * HOUR * SECOND, rows), TIME),
        "model_version": some(generator.choice(["1", "2"], rows)),
        "tags.region": some(generator.choice(["eu", "us", "asia"], rows)),
        "features.amount": some(generator.standard_t(1, rows)),
        "features.age": some(generator.integers(18, 90, rows)),
        "features.seldom": some(generator.normal(size=rows), 0.9),
        "features.plan": some(generator.choice(["a", "b", "c"], rows)),
        "features@text.age": some(["unknown"] * rows, 0.99),
        "weight": some(generator.choice([1.0, 3.0], rows)),
    }
    return as_if_live(stamped(pa.table(columns), 0))


def test_each_hour_of_a_history_holds_what_its_rows_say_alone():
    generator = np.random.default_rng(1)
    of = fitted(history(generator, 500))
    table = history(generator, 2_000)
    found = counted([table], of, ["tags.region"])
    expected = {}
    rows = table.to_pylist()
    for number, row in enumerate(rows):
        hour = int(row["timestamp"].timestamp()) * SECOND
        hour -= hour % (HOUR * SECOND)
        for segment in ("", f"tags.region={row['tags.region'] or ''}"):
            expected.setdefault((row["model_version"] or "", segment, hour), []).append(number)
    assert found.keys() == expected.keys()
    assert min(map(len, expected.values())) < 3
    for key, own in expected.items():
        profile = reduce(Profile.merge, [alone(table.take([row]), of.layout) for row in own])
        assert found[key] == (profile.rows, encode(profile, with_layout=False))


def alone(row, layout):
    """With the columns that it tells something of."""
    told = [name for name in row.column_names if not row[name].null_count]
    return Profile.of(frame_of(row.select(told), layout), layout)


def test_a_window_of_more_than_is_read_at_once_adds_up():
    generator = np.random.default_rng(2)
    rows, features = 2_500, 2_000

    def wide(number):
        columns = {f"features.x{i}": generator.normal(size=number) for i in range(features)}
        times = pa.array(START + np.arange(number) * SECOND, TIME)
        return stamped(pa.table({"timestamp": times, **columns}), START)

    of, table = fitted(wide(300)), wide(rows)
    pieces = [table.slice(start, 500) for start in range(0, rows, 500)]
    found = counted([table], of)
    assert [count for count, _profile in found.values()] == [rows]
    assert found == counted(pieces, of)
