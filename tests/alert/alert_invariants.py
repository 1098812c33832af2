"""What is true of alerts and incidents after every step, whatever the step was.

The numbers are those of the specification's list.  `invariants` looks at one moment, and a
`Watch` remembers: it is the `check` of a walk, and a `Watched` model is checked as it is used.
"""

from collections import Counter, defaultdict

from alert_steps import MOST_WAIT

LIVE = ("open", "acknowledged")
RANK = {"low": 10, "medium": 20, "high": 30, "critical": 40}
NEITHER = ("insufficient_data", "no_data", "not_applicable", "error")


def invariants(thing):
    incidents, notices = thing.incidents(), thing.notices()
    live = [(i["model"], i["family"]) for i in incidents if i["state"] in LIVE]
    assert all(n == 1 for key, n in Counter(live).items() if key[1] != "manual"), "1: two at once"
    burning = {model for (_, model), state in thing.alerts().items() if _burns(state)}
    assert {model for model, _ in live} <= burning, "2: an incident without an alert"
    assert all(RANK[i["severity_peak"]] >= RANK[i["severity"]] for i in incidents), "7: peak"
    assert all(i["state"] != "closed" or not i["flapping"] for i in incidents), "T9: too early"
    assert len({n[:4] for n in notices}) == len(notices), "dedup: the same one twice"
    spoken = defaultdict(list)
    for notice in notices:
        spoken[notice[1]].append(notice)
    for rows in spoken.values():
        _is_in_order(rows)
        _digests_hold_what_was_held(rows)


def _is_in_order(rows):
    """3 and 4: of one channel."""
    assert [row[5] for row in rows] == sorted(row[5] for row in rows), "4: time runs back"
    lives, counts = {}, Counter()
    for incident, _, kind, seq, _, _ in rows:
        if incident is None:
            continue
        if kind == "resolved":
            assert incident in lives, "3: resolved, and never opened"
        if kind in ("open", "resolved"):
            place = 2 * seq + (kind == "resolved")
            assert place > lives.get(incident, -1), f"4: {kind} {seq} came late"
            lives[incident] = place
        elif kind == "escalation":
            assert seq > counts[incident, kind], "4: a level came late"
            counts[incident, kind] = seq
        else:
            assert seq == counts[incident, kind], "4: a count has a hole"
            counts[incident, kind] += 1
        lives.setdefault(incident, -1)


def _digests_hold_what_was_held(rows):
    """8: what came before a digest is held no more, what is digested has a digest after it."""
    held_since = None
    for _, _, kind, _, status, made in reversed(rows):
        if kind == "digest":
            held_since = made
        assert status in ("queued", "held_rate", "digested"), status
        assert status != "digested" or held_since is not None, "8: in no digest"
        assert status != "held_rate" or held_since is None, "8: passed over"


def _burns(state):
    return state in ("firing", "recovering")


class Watch:
    def __init__(self, setup, start=1_000_000):
        self.setup = setup
        self.families = {rule.name: rule.family for rule in setup.rules}
        self.scopes = {rule.name: rule.models for rule in setup.rules}
        self.now = start
        self.named = set()
        for rule in setup.rules:
            self._look_at_names(rule)
        self.silences, self.snoozes = [], []
        self.alerts, self.incidents, self.notices = {}, [], []
        self.broken, self.broken_since = set(), start
        self.seen_since, self.released, self.escalated, self.by_hand = {}, set(), set(), set()

    def __call__(self, thing, step, answer=None):
        invariants(thing)
        name, arguments = step
        if name == "go_to":
            self.now = arguments[0]
        elif name == "edit_rule":
            self.scopes[arguments[0].name] = arguments[0].models
            self._look_at_names(arguments[0])
        elif name == "silence":
            self.silences.append([*arguments[:2], self.now, self.now + arguments[2]])
        elif name == "end_silence":
            silence = self.silences[arguments[0]]
            silence[3] = min(silence[3], self.now)
        elif name == "snooze" and answer == "ok":
            # The newer one is in the older one's place.
            self.snoozes = [
                (of, since, min(to, self.now) if of == arguments[0] else to)
                for of, since, to in self.snoozes
            ]
            self.snoozes.append((arguments[0], self.now, self.now + arguments[1]))
        alerts, incidents, notices = thing.alerts(), thing.incidents(), thing.notices()
        for number in range(len(self.incidents), len(incidents)):
            self.seen_since[number] = self.now
        self._only_grows(incidents, notices)
        fresh = notices[len(self.notices) :]
        # A level raises its incident also where it only names the channel that this is about.
        self.escalated |= {n for n, each in enumerate(incidents) if each["escalation_level"]}
        self._silence_holds(incidents, fresh)
        self._ack_stops_levels(incidents, fresh)
        self._caps_hold(incidents, notices, fresh)
        if name == "slot":
            for pair, (status, _) in arguments[0].items():
                is_same = alerts.get(pair) == self.alerts.get(pair)
                is_watched = pair[1] in self.scopes[pair[0]]
                assert status not in NEITHER or is_same or not is_watched, (
                    f"13: {status} moved {pair}"
                )
        self._all_is_told(alerts, incidents, notices)
        self.alerts, self.incidents, self.notices = alerts, incidents, notices

    def _only_grows(self, incidents, notices):
        for before, after in zip(self.incidents, incidents, strict=False):
            assert RANK[after["severity_peak"]] >= RANK[before["severity_peak"]], "7: it fell"
            assert after["reopen_count"] >= before["reopen_count"]
            assert before["state"] != "closed" or after == before, "T9: a closed one moved"
        assert len(incidents) >= len(self.incidents)
        assert len(notices) >= len(self.notices)
        digests = Counter(n[1] for n in notices[len(self.notices) :] if n[2] == "digest")
        gathered = Counter(n[1] for n in notices[len(self.notices) :] if n[4] == "digested")
        for before, after in zip(self.notices, notices, strict=False):
            assert (*before[:4], before[5]) == (*after[:4], after[5]), "4: the past has changed"
            if before[4] != after[4]:
                assert before[4] == "held_rate", f"8: {before} became {after}"
                if after[4] == "digested":
                    gathered[after[1]] += 1
                else:
                    self.released.add(after[:4])
        assert digests.keys() == gathered.keys(), "8: a digest of nothing, or none of something"
        assert all(digests[channel] <= gathered[channel] for channel in digests)

    def _silence_holds(self, incidents, fresh):
        for number, _, kind, _, _, made in fresh:
            if number is not None:
                told = incidents[number]["model"], incidents[number]["family"]
                assert not self._is_silenced(number, told, made), f"5: {kind} of {number} at {made}"

    def _is_silenced(self, number, told, at):
        model, family = told
        return any(
            since <= at < to and of == model and which in (None, family)
            for of, which, since, to in self.silences
        ) or any(since <= at < to and of == number for of, since, to in self.snoozes)

    def _ack_stops_levels(self, incidents, fresh):
        """6: who was acknowledged before the step and is after it, was so all the time."""
        for number, before in enumerate(self.incidents):
            if before["state"] == incidents[number]["state"] == "acknowledged":
                kinds = {notice[2] for notice in fresh if notice[0] == number}
                assert "escalation" not in kinds, "6: escalated after the ack"

    def _caps_hold(self, incidents, notices, fresh):
        """9: by what is surely in the window; a critical `open` may be past it."""
        for taker in self.setup.takers:
            told = [
                (made, incidents[number])
                for number, channel, kind, seq, status, made in notices
                if channel == taker.name
                and status == "queued"
                and number is not None
                and not (kind == "open" and incidents[number]["severity_peak"] == "critical")
                and kind not in ("severity_up", "escalation")
                and (taker.kind != "pagerduty" or kind not in ("ack", "resolved"))
                and (number, channel, kind, seq) not in self.released
            ]
            ends = {notice[5] for notice in fresh if notice[1] == taker.name}
            _is_within([made for made, _ in told], ends, taker.cap, taker.cap_window_s)
            for rule in taker.suppression:
                # How severe an incident was when it was told is not seen here.
                if rule.severity is None:
                    for models in _counted_apart(rule, incidents):
                        times = [
                            made
                            for made, of in told
                            if of["model"] in models and rule.family in (None, of["family"])
                        ]
                        _is_within(times, ends, rule.most, rule.window_s)

    def _all_is_told(self, alerts, incidents, notices):
        """2, and 14: who could have been told, and has no reason to be quiet, was told."""
        live = {(i["model"], i["family"]) for i in incidents if i["state"] in LIVE}
        self.by_hand |= {(i["model"], i["family"]) for i in incidents if i["resolved_by"] == "user"}
        burning = {(model, self._family(rule)) for (rule, model), s in alerts.items() if _burns(s)}
        assert live <= burning, "2: an incident without an alert"
        assert burning <= live | self.by_hand, "2: an alert without an incident"
        told = {notice[:2] for notice in notices if notice[2] != "resolved"}
        self._look_at_channels(alerts)
        for number, incident in enumerate(incidents):
            key = incident["model"], incident["family"]
            if (
                incident["state"] in LIVE
                and self.now > self.seen_since[number] + MOST_WAIT
                and not incident["reopen_count"]
                # Who is named is held against the model alone.
                and key not in self.named
                and not incident["flapping"]
                and number not in self.escalated
                and not self._is_silenced(number, key, self.now)
                and not _is_inhibited(incident, incidents)
            ):
                for taker in self.setup.takers:
                    if incident["model"] == "" and self._is_about(taker):
                        continue
                    is_for = RANK[incident["severity"]] >= RANK[taker.min_severity]
                    assert not is_for or (number, taker.name) in told, f"14: {number}, {taker}"

    def _look_at_names(self, rule):
        """Of which incidents an alert may say for itself who is told."""
        if rule.channels:
            self.named |= {(model, rule.family) for model in rule.models}

    def _look_at_channels(self, alerts):
        """Since when which of them are in trouble."""
        broken = {rule for rule, _ in alerts if rule.startswith("channel:")}
        if broken != self.broken:
            self.broken, self.broken_since = broken, self.now

    def _is_about(self, taker):
        """It is left out while it is all there is to say; what changes is told in 5 minutes."""
        is_new = self.now <= self.broken_since + 300
        return is_new or self.broken == {f"channel:{taker.name}"}

    def _family(self, rule):
        kind = rule.partition(":")[0] if ":" in rule else ""
        own = {"monitor_error": "ops", "channel": "ops", "manual": "manual"}
        return own.get(kind) or self.families[rule]


def _is_within(times, ends, most, window_s):
    for end in ends:
        inside = sum(end - window_s < made <= end for made in times)
        assert inside <= most, f"9: {inside} of {most} in {window_s} s"


def _counted_apart(rule, incidents):
    models = {each["model"] for each in incidents}
    if rule.models is not None:
        models &= set(rule.models)
    return [{model} for model in models] if rule.each_model else [models]


def _is_inhibited(incident, incidents):
    live = [i for i in incidents if i["state"] in LIVE and i["model"] == incident["model"]]
    if incident["family"] not in ("drift", "performance"):
        return False
    return any(i["family"] == "ops" for i in live) or (
        incident["family"] == "drift"
        and RANK[incident["severity"]] <= RANK["medium"]
        and any(i["family"] == "performance" and i["severity"] == "critical" for i in live)
    )


class Watched:
    """Something with the model's interface that is checked after each call."""

    def __init__(self, thing, setup, start=1_000_000):
        self._thing, self._watch = thing, Watch(setup, start)

    def __getattr__(self, name):
        attribute = getattr(self._thing, name)
        if name in ("alerts", "incidents", "notices") or not callable(attribute):
            return attribute

        def checked(*arguments):
            answer = attribute(*arguments)
            self._watch(self._thing, (name, arguments), answer)
            return answer

        return checked
