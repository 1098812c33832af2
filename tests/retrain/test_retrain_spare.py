"""Which versions are spare: whatever is deployed, or may be in a moment, never is."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tidegauge.retrain.spare import LATELY, Deployment, Facts, Version, ways_back, why_kept

SECOND = 1_000_000
DAY = 86_400 * SECOND
NOW = 1_767_225_600 * SECOND


def facts(versions="321", **more):
    made = [
        each if isinstance(each, Version) else Version(each, "proven", is_pinned=False)
        for each in versions
    ]
    known = frozenset(each.version for each in made)
    given = {"at": NOW, "keep": 1, "lag_seconds": 0.0, "known": known, "rollouts": []}
    return Facts(**{**given, "answered": {"3": NOW}, **more}, versions=made)


def spare(found):
    return {name for name, why in why_kept(found).items() if not why.reason}


class TestWhatIsKept:
    def test_the_newest_are_for_their_number_and_may_be_removed_by_hand(self):
        found = why_kept(facts("54321", keep=2, answered={"1": NOW}))
        assert {name for name, why in found.items() if not why.reason} == {"2", "3"}
        assert found["4"] == ("it is one of the newest 2", False)
        assert found["1"] == ("it answered in the last 7 days", True)

    def test_a_rejected_one_takes_no_place_among_them(self):
        rejected = Version("5", "rejected", is_pinned=False)
        assert spare(facts([rejected, *"4321"], keep=2, answered={"4": NOW})) == {"5", "1", "2"}

    def test_one_whose_job_is_not_over(self):
        trained = Version("5", "open", is_pinned=False)
        found = why_kept(facts([trained, *"43"], answered={"4": NOW}))
        assert found["5"] == ("its job is not over", True)

    def test_a_pinned_one(self):
        pinned = Version("1", "rejected", is_pinned=True)
        assert spare(facts(["4", "2", pinned], answered={"4": NOW})) == {"2"}

    def test_one_that_answered_six_days_ago_and_the_one_before_it(self):
        answered = {"5": NOW, "3": NOW - 6 * DAY, "2": NOW - 60 * DAY, "1": NOW - 90 * DAY}
        assert spare(facts("54321", answered=answered)) == {"4", "1"}
        assert ways_back(facts("54321", answered=answered)) == {"2"}

    def test_a_model_that_rests_keeps_what_answered_last(self):
        answered = {"2": NOW - 30 * DAY, "1": NOW - 60 * DAY}
        found = why_kept(facts("54321", answered=answered))
        assert found["2"].reason == "it answered last"
        assert found["1"].reason == "one would go back to it"
        assert spare(facts("54321", answered=answered)) == {"3", "4"}

    def test_what_is_rolled_out_and_what_was_before_it(self):
        out = [Deployment("2", "1", is_open=True, is_taken_back=False)]
        found = why_kept(facts("54321", rollouts=out, answered={"5": NOW}))
        assert found["2"].reason == "it is being rolled out"
        assert found["1"].reason == "one would go back to it"
        assert spare(facts("54321", rollouts=out, answered={"5": NOW})) == {"3", "4"}

    def test_what_was_taken_back_is_not_needed_and_the_one_before_is(self):
        out = [Deployment("2", "1", is_open=False, is_taken_back=True)]
        found = why_kept(facts("54321", rollouts=out, answered={"5": NOW}))
        assert found["2"].reason == ""
        assert found["1"].reason.startswith("it serves again")

    def test_only_the_last_rollout_counts_once_it_is_over(self):
        out = [
            Deployment("4", "3", is_open=False, is_taken_back=False),
            Deployment("2", "1", is_open=False, is_taken_back=False),
        ]
        assert spare(facts("54321", rollouts=out, answered={"4": NOW})) == {"1", "2"}


class TestWhatIsNotKnown:
    def needed(self, **more):
        found = why_kept(facts("4321", **more))
        assert all(why.is_needed for why in found.values())
        return found["1"].reason

    def test_predictions_without_a_version(self):
        assert "came without a version" in self.needed(answered={"4": NOW, "": NOW - DAY})

    def test_no_predictions(self):
        assert "no prediction" in self.needed(answered={})

    def test_predictions_of_versions_that_have_no_file(self):
        assert "predictions name v4, of which no file" in self.needed(answered={"v4": NOW})

    def test_predictions_that_wait_to_be_counted(self):
        assert "not counted yet" in self.needed(lag_seconds=7_200.0)

    def test_names_that_were_missing_long_ago_say_nothing_of_today(self):
        assert spare(facts("4321", answered={"4": NOW, "": NOW - 30 * DAY})) == {"3", "2", "1"}


NAMES = st.sampled_from([str(number) for number in range(8)])
ANSWERED = st.dictionaries(
    st.one_of(NAMES, st.sampled_from(["", "x"])), st.integers(NOW - 30 * DAY, NOW), max_size=6
)
VERSIONS = st.lists(
    st.builds(
        Version,
        NAMES,
        st.sampled_from(["proven", "open", "rejected"]),
        is_pinned=st.booleans(),
    ),
    unique_by=lambda each: each.version,
    max_size=8,
)
ROLLOUTS = st.lists(
    st.builds(
        Deployment,
        NAMES,
        st.one_of(NAMES, st.just("")),
        is_open=st.booleans(),
        is_taken_back=st.booleans(),
    ).filter(lambda each: not (each.is_open and each.is_taken_back)),
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(VERSIONS, ANSWERED, ROLLOUTS, st.integers(1, 4))
def test_what_may_be_deployed_pinned_or_gone_back_to_is_never_spare(
    versions, answered, rollouts, keep
):
    found = facts(versions, answered=answered, rollouts=rollouts, keep=keep)
    gone = spare(found)
    there = {each.version for each in versions}
    lately = {name for name, at in answered.items() if at >= NOW - LATELY}
    latest = {name for name, at in answered.items() if at == max(answered.values())}
    assert not gone & (lately | latest)
    if "" in lately | latest or not there & (lately or latest):
        assert not gone
    assert not gone & {each.version for each in versions if each.is_pinned}
    assert not gone & {each.version for each in rollouts if each.is_open}
    assert not gone & {each.before for each in rollouts if each.is_open}
    assert not gone & {each.before for each in rollouts[:1]}
    proven = [each.version for each in versions if each.standing == "proven"]
    assert not gone & set(proven[:keep])


KINDS = ["train", "reject", "deploy", "back", "pin", "prune", "wait"]
EVENTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 50)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(EVENTS, st.integers(1, 3))
def test_in_any_history_what_answers_and_what_answered_before_it_stay(events, keep):
    live(events, keep)


def test_so_it_is_in_thousands_of_long_ones():
    chance = random.Random(5)
    pruned = 0
    for _history in range(2_000):
        events = [(chance.choice(KINDS), chance.randrange(50)) for _ in range(80)]
        pruned += live(events, chance.randint(1, 3))
    assert pruned > 10_000


def live(events, keep):
    """A world of its own: it knows what is deployed, and the rule sees predictions alone. How many
    files were deleted."""
    pruned = 0
    at, made = NOW, 1
    there = {"1": Version("1", "proven", is_pinned=False)}
    deployed, before, answered = "1", "", {"1": at}
    for kind, number in events:
        at += number * DAY // 10
        if kind in {"train", "reject"}:
            made += 1
            standing = "proven" if kind == "train" else "rejected"
            there[str(made)] = Version(str(made), standing, is_pinned=False)
        chosen = sorted(there)[number % len(there)]
        if kind == "deploy" and chosen != deployed:
            deployed, before = chosen, deployed
        elif kind == "back" and before:
            assert before in there
            deployed, before = before, deployed
        elif kind == "pin":
            there[chosen] = there[chosen]._replace(is_pinned=True)
        elif kind == "wait":
            # It answers nothing in this time.
            continue
        at += 1
        answered[deployed] = at
        if kind == "prune":
            newest = sorted(there.values(), key=lambda each: -int(each.version))
            known = frozenset(map(str, range(made + 1)))
            own = facts(newest, at=at, answered=answered, keep=keep, known=known)
            for name in spare(own):
                assert not there[name].is_pinned
                del there[name]
                pruned += 1
        assert deployed in there
    return pruned
