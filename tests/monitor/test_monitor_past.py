"""What hours and their minutes teach holds for checks of minutes: what strays is no news."""

import contextlib
import dataclasses

import numpy as np
import pytest
from scipy.special import ndtr

from tidegauge.catalog import Catalog, models, series, windows
from tidegauge.catalog.windows import Window
from tidegauge.judge.budget import Cells, Settings, State, asked_more_often, fit, update, within
from tidegauge.monitor.faults import checked
from tidegauge.monitor.kept import Kept
from tidegauge.monitor.past import DAYS, NIGHTS
from tidegauge.monitor.reading import Memory
from tidegauge.monitor.view import View
from tidegauge.profile.codec import encode
from tidegauge.profile.table import Profile
from tidegauge.profile.traffic import Traffic
from tidegauge.reference.fit import adopt
from tidegauge.series.reach import Reach
from tidegauge.series.subject import Known, find
from tidegauge.window import DAY, FIVE_MINUTES, HOUR, MINUTE, SECOND
from tidegauge.worker.roll import KEPT

HOURS = DAYS * 24
ROWS = 600
"""An hour."""
WANDER, LASTS = 0.15, 6.0
"""In standard deviations of a row, and in hours."""


def cells():
    real = np.ones((2, 10), dtype=bool)
    return Cells(real, real.copy())


def wandering(random, count, an_hour):
    """Counts of two numbers whose mean strays and comes back."""
    keeps = np.exp(-1 / (LASTS * an_hour))
    stray, found = random.normal(size=2), []
    for _ in range(count):
        stray = keeps * stray + np.sqrt(1 - keeps**2) * random.normal(size=2)
        rows = WANDER * stray + random.normal(size=(ROWS // an_hour, 2))
        places = np.digitize(rows, [-1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28])
        found.append([np.bincount(column, minlength=10) for column in places.T])
    return np.array(found)


def taught(an_hour, seed=0):
    random = np.random.default_rng(seed)
    past = wandering(random, HOURS, 1)
    slow = fit(past, np.arange(HOURS) % 168, cells(), Settings(checks_a_month=30 * 24))
    return past, asked_more_often(slow, Settings(checks_a_month=30 * 24 * an_hour)), random


@pytest.mark.parametrize("an_hour", [2, 4, 12, 60])
def test_a_block_is_no_less_noisy_than_the_hours_were(an_hour):
    past, rule, _ = taught(an_hour)
    means = past @ np.arange(10.0) / ROWS
    spread = np.sqrt(rule.law[:10] @ (np.arange(10) - rule.law[:10] @ np.arange(10)) ** 2)
    noise = means[:, 0].var() * ROWS / spread**2
    assert noise > 5
    for length, found in zip(rule.lengths, rule.variation.blocks[:, 0], strict=True):
        assert found > noise, length


def test_every_block_of_an_hour_or_more_is_kept():
    for an_hour in (2, 4, 12, 60):
        _, rule, _ = taught(an_hour)
        assert rule.lengths == rule.settings.blocks


def test_what_wandered_before_is_no_news_however_often_it_is_asked():
    for seed in range(3):
        _, rule, random = taught(12, seed)
        state = State.start(rule)
        for at, counts in enumerate(wandering(random, 10 * 24 * 12, 12)):
            state, look = update(rule, state, counts, at // 12 % 168)
            assert not look.is_alarm


EDGES = (-1.28, -0.84, -0.52, -0.25, 0.0, 0.25, 0.52, 0.84, 1.28)
HOURLY = Settings(checks_a_month=30 * 24)
FIVES = Settings(checks_a_month=30 * 24 * 12)
MINUTELY = Settings(checks_a_month=30 * 24 * 60)


def drawn(random, means, rows=350):
    """Counts of two numbers a minute, of which the first has these means."""
    cdf = ndtr(np.array(EDGES) - np.stack([means, np.zeros(len(means))], axis=1)[:, :, None])
    law = np.diff(cdf, prepend=0.0, append=1.0, axis=2)
    return random.multinomial(rows, law)


def nightly(minutes, begins, lasts, size):
    """The means of minutes, of which a few each night are off."""
    at = np.arange(minutes) % 1440 - begins
    return np.where((at >= 0) & (at < lasts), size, 0.0)


def known_by_minutes(random, means):
    past = drawn(random, means)
    hours = past.reshape(HOURS, 60, 2, 10).sum(axis=1)
    last = past[-NIGHTS * 1440 :].reshape(NIGHTS * 288, 5, 2, 10).sum(axis=1)
    slow = fit(hours, np.arange(HOURS) % 168, cells(), HOURLY)
    since = np.arange((DAYS - NIGHTS) * 288, DAYS * 288) // 12 % 168
    by_hours = asked_more_often(slow, MINUTELY)
    return by_hours, within(by_hours, last, since, FIVES)


def alarms(rule, counts):
    """The checks that alarm, from the past's end on."""
    state, found = State.start(rule), []
    for at, each in enumerate(counts):
        state, look = update(rule, state, each, at // 60 % 168)
        if look.is_alarm:
            found.append((at, look.named[0].feature))
            state = State.start(rule)
    return found


@pytest.mark.parametrize(
    ("begins", "lasts", "size"), [(120, 5, 0.5), (122, 5, 1.0), (1433, 7, 1.0), (120, 30, 0.3)]
)
def test_what_a_job_does_each_night_is_no_news(begins, lasts, size):
    random = np.random.default_rng(3)
    by_hours, rule = known_by_minutes(random, nightly(DAYS * 1440, begins, lasts, size))
    counts = drawn(random, nightly(3 * 1440, begins, lasts, size))
    assert alarms(by_hours, counts)
    assert not alarms(rule, counts)
    # The column that has no job is judged as before.
    assert (rule.dictionary.base_feature == by_hours.dictionary.base_feature).all()
    others = rule.dictionary.base_feature == 1
    for name in ("clusters", "wander", "bend", "blocks"):
        before, after = getattr(by_hours.variation, name), getattr(rule.variation, name)
        assert (after[..., others] == before[..., others]).all()


def test_a_change_as_large_as_the_job_that_stays_is_found():
    random = np.random.default_rng(3)
    _, rule = known_by_minutes(random, nightly(DAYS * 1440, 120, 5, 0.5))
    assert not alarms(rule, drawn(random, np.zeros(720)))
    found = alarms(rule, drawn(random, np.full(180, 0.5)))
    assert found
    assert found[0][1] == 0


def test_what_wanders_within_an_hour_is_no_news():
    random = np.random.default_rng(5)

    def means(minutes):
        stray, found = 0.0, []
        for chance in random.normal(size=minutes):
            stray = np.exp(-1 / 15) * stray + np.sqrt(1 - np.exp(-2 / 15)) * chance
            found.append(0.1 * stray)
        return np.array(found)

    _, rule = known_by_minutes(random, means(DAYS * 1440))
    assert not alarms(rule, drawn(random, means(4 * 1440)))


MONDAY = 1_704_067_200 * SECOND
RIPE = MONDAY + DAYS * DAY * SECOND


def profile(random, rows, layout=None, by=0.0):
    values = {"a": random.normal(size=rows) + by, "b": random.normal(size=rows)}
    return Profile.of(values, layout) if layout else Profile.of(values)


class Model:
    """In a catalog, with two weeks of hours."""

    def __init__(self, catalog):
        self.catalog = catalog
        self.random = np.random.default_rng(1)
        self.memory = Memory()
        reference = profile(self.random, 5_000)
        self.layout = dataclasses.replace(reference.layout, repeats=0)
        self.monitor = checked({"name": "moved", "kind": "drift"})
        catalog.write(self._met)
        self.come(MONDAY, RIPE, HOUR, 600)

    def _met(self, connection):
        self.number = models.ensure(connection, "default", ["m"], MONDAY)["m"].id
        self.baseline = adopt(
            connection,
            self.number,
            profile(self.random, 5_000, self.layout),
            source="upload",
            name="by hand",
            first_at=MONDAY,
            last_at=MONDAY,
            at=MONDAY,
            by="test",
            why="test",
        )
        of = self.number, "1", ""
        self.series = series.ensure(connection, [of])[of]

    def come(self, start, stop, resolution, rows, by=0.0):
        made = [
            Window(
                series=self.series,
                resolution=resolution,
                start=at,
                rows=rows,
                traffic=Traffic().encode(),
                changed_at=at,
                layout=self.baseline.layout,
                profile=encode(profile(self.random, rows, self.layout, by), with_layout=False),
            )
            for at in range(start, stop, resolution * SECOND)
        ]
        self.catalog.write(lambda connection: windows.put(connection, made))

    def begin(self):
        self.come(RIPE - MINUTE * SECOND, RIPE, MINUTE, 60)
        self.judged(RIPE)

    def judged(self, slot):
        with self.catalog.read() as connection:
            subject = find(connection, Known(), "default", "m")
            view = View(connection, Reach.read(connection, KEPT), subject, slot)
            return self.monitor.judge(view, self.memory)

    def its_minute(self, slot):
        """The first from here on in which the model may learn."""
        minute = MINUTE * SECOND
        return slot + (self.number - slot // minute) % 60 * minute


@pytest.fixture
def model(tmp_path):
    with contextlib.closing(Catalog.open(f"sqlite:///{tmp_path}/catalog.db")) as catalog:
        yield Model(catalog)


def test_a_rule_of_hours_learns_the_minutes_when_two_days_of_them_are_there(model):
    model.begin()
    assert Kept.of(model.memory).rule.learned
    by_hours = Kept.of(model.memory)
    assert not by_hours.knows_minutes
    # Five minutes in four hours are off, which hours hardly show.
    stop = RIPE + 2 * DAY * SECOND
    for k, at in enumerate(range(RIPE, stop, FIVE_MINUTES * SECOND)):
        model.come(at, at + 1, FIVE_MINUTES, 300, 0.8 if k % 50 == 0 else 0.0)
    learns = model.its_minute(stop)
    model.come(learns - MINUTE * SECOND, learns, MINUTE, 60)
    model.judged(learns)
    kept = Kept.of(model.memory)
    assert kept.knows_minutes
    # What it had seen is not lost.
    assert kept.state.checks == by_hours.state.checks + 1
    assert kept.rule.variation.wander[0] > 0.8 > by_hours.rule.variation.wander[0]
    written = model.memory.rule
    model.judged(model.its_minute(learns + 1))
    assert model.memory.rule is written


def test_what_an_open_alarm_is_about_is_not_learned(model):
    model.judged(RIPE)
    stop = RIPE + 2 * DAY * SECOND
    model.come(RIPE, stop, FIVE_MINUTES, 300, 2.0)
    model.come(stop - MINUTE * SECOND, stop, MINUTE, 600, 2.0)
    assert model.judged(stop).status == "breach"
    model.judged(model.its_minute(stop))
    assert not Kept.of(model.memory).knows_minutes


def test_a_monitor_that_looks_every_five_minutes_learns_within_an_hour_of_being_ripe(model):
    model.monitor = checked({"name": "moved", "kind": "drift", "every": "5 min", "window": "5 min"})
    model.judged(RIPE - DAY * SECOND)
    assert not Kept.of(model.memory).rule.learned
    for slot in range(RIPE, RIPE + HOUR * SECOND, FIVE_MINUTES * SECOND):
        model.judged(slot)
    assert Kept.of(model.memory).rule.learned


def test_a_past_that_comes_after_it_was_looked_at_is_looked_at_again(model):
    now = RIPE + DAY * SECOND
    moved, slot = now - 12 * HOUR * SECOND, now + MINUTE * SECOND
    model.come(RIPE, moved, HOUR, 600)
    assert model.judged(now).status != "breach"
    model.judged(slot)
    begun = model.memory.rule
    # The rest of a history that is being loaded.
    model.come(moved, now, HOUR, 600, 2.0)
    found = [model.judged(slot := slot + MINUTE * SECOND) for _ in range(8)]
    assert found[-1].status == "breach"
    assert abs(found[-1].detail["since"] - moved) <= HOUR * SECOND
    assert model.memory.rule is not begun
    again = model.memory.rule
    for _ in range(60):
        model.judged(slot := slot + MINUTE * SECOND)
    assert model.memory.rule is again


def test_a_few_late_rows_do_not_make_it_begin_anew(model):
    model.judged(RIPE)
    begun = model.memory.rule
    model.come(RIPE - HOUR * SECOND, RIPE, HOUR, 640)
    for minute in range(1, 61):
        model.judged(RIPE + minute * MINUTE * SECOND)
    assert model.memory.rule is begun
