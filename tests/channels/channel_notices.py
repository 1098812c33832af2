"""Notices of every kind, some of them hostile, for every channel."""

from dataclasses import replace

from tidegauge.alert.notice import Digest, Feature, Finding, Links, Listed, Notice

MINUTE = 60_000_000
AT = 1_780_000_000_000_000
ID = "0196f3a1-0000-7000-8000-00000000000"
INCIDENT = "0196f3a1-1111-7000-8000-000000000001"
# Slack, HTML, Markdown; lines and NUL; text that turns around; marks without end; a family.
HOSTILE = (
    "<!channel> <@U1> <https://evil.example|ok> </td><script>alert(1)</script>"
    " [ok](https://evil.example) *_~` &amp;\r\nBcc: evil@example.com\x00\x1b[2J"
    "\u202egnp.exe\u2066 " + "e" + "\u0301" * 300 + " \U0001f468\u200d\U0001f469\u200d\U0001f467"
)

DRIFT = Notice(
    id=ID + "1",
    kind="open",
    at=AT,
    title="10,000 features of fraud have moved",
    incident=INCIDENT,
    model="fraud",
    family="drift",
    severity="high",
    description="Data drift in 10,000 of 12,400 columns.",
    opened_at=AT - 2 * MINUTE,
    owner="payments",
    tags={"region": "eu"},
    findings=(
        Finding(
            monitor="fraud has moved",
            severity="high",
            what="10,000 columns have moved further than they ever did",
            metric="share of columns",
            value=0.806,
            baseline=0.02,
            change_percent=3930.0,
            threshold=0.5,
            low=0.79,
            high=0.82,
            n=12_000,
            version="2026-05",
            segment="region=eu",
            since=AT - 10 * MINUTE,
            features=tuple(
                Feature(name=f"feature_{each}", what=f"further up by 0.{90 - each} sd", effect=0.9)
                for each in range(20)
            ),
            more_features=9_980,
        ),
    ),
    actions=("Review the quality of the data.", "Consider to train again."),
    links=Links(
        incident=f"https://tidegauge.example.com/incidents/{INCIDENT}",
        dashboard="https://tidegauge.example.com/models/fraud",
        runbook="https://wiki.example.com/fraud?page=1&part=2",
    ),
)
MAE = replace(
    DRIFT,
    id=ID + "2",
    title="demand is wrong by 30 % more",
    family="performance",
    severity="medium",
    description="",
    tags=None,
    owner="",
    findings=(
        Finding(
            monitor="error of demand",
            severity="medium",
            what="the error is above that of the training",
            metric="mae",
            value=5.2,
            baseline=4.0,
            change_percent=30.0,
            threshold=4.4,
            low=4.9,
            high=5.5,
            n=1_200,
        ),
    ),
)
WORSE = replace(DRIFT, id=ID + "3", kind="severity_up", severity="critical")
ESCALATED = replace(
    DRIFT, id=ID + "4", kind="escalation", severity="critical", unanswered_minutes=15
)
RESOLVED = replace(
    DRIFT,
    id=ID + "5",
    kind="resolved",
    state="resolved",
    at=AT + 125 * MINUTE,
    resolved_at=AT + 125 * MINUTE,
    reason="cleared",
    findings=(replace(DRIFT.findings[0], is_over=True),),
)
COMBINED = replace(RESOLVED, id=ID + "6", was_untold=True)
REMINDER = replace(DRIFT, id=ID + "7", kind="reminder", at=AT + 240 * MINUTE, suppressed=14)
REOPENED = replace(DRIFT, id=ID + "8", is_reopened=True)
ACK = replace(DRIFT, id=ID + "9", kind="ack", state="acknowledged", who="maria")
FLAPPING = replace(DRIFT, id=ID + "a", kind="flapping")
DIGEST = Notice(
    id=ID + "b",
    kind="digest",
    at=AT,
    title="30 incidents of 3 models were held back",
    severity="critical",
    digest=Digest(
        by_model={"fraud": 20, "demand": 8, "images": 2},
        more_models=4,
        by_severity={"medium": 18, "critical": 2, "high": 10},
        worst=tuple(
            Listed(
                incident=f"{INCIDENT[:-2]}{each:02d}",
                title=f"latency of fraud is high in zone {each}",
                model="fraud",
                severity="critical" if each < 2 else "high",
                state="resolved" if each == 3 else "open",
                kind="open",
                link=f"https://tidegauge.example.com/incidents/{each}",
                is_silenced=each == 4,
            )
            for each in range(20)
        ),
        more=10,
    ),
    links=Links(incident="https://tidegauge.example.com/incidents"),
)
HEARTBEAT = Notice(id=ID + "c", kind="heartbeat", at=AT, title="tidegauge is watching")
TEST = Notice(id=ID + "d", kind="test", at=AT, title="a test from tidegauge")
EVIL = replace(
    DRIFT,
    id=ID + "e",
    title=HOSTILE,
    model=HOSTILE,
    owner=HOSTILE,
    description=HOSTILE,
    tags={HOSTILE: HOSTILE},
    reason=HOSTILE,
    findings=(
        replace(
            DRIFT.findings[0],
            what=HOSTILE,
            metric=HOSTILE,
            segment=HOSTILE,
            features=(Feature(name=HOSTILE, what=HOSTILE),),
            more_features=0,
        ),
    ),
    actions=(HOSTILE,),
    links=replace(DRIFT.links, dashboard="javascript:alert(1)", runbook=HOSTILE),
)
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
LARGE = replace(
    DRIFT,
    id=ID + "f",
    title=FAMILY * 2_000,
    description="\n".join([FAMILY * 300] * 60),
    findings=tuple(
        replace(
            DRIFT.findings[0],
            what=FAMILY * 400,
            features=tuple(
                Feature(name=FAMILY * 90 + str(each), what="\U0001f1e9\U0001f1ea" * 300)
                for each in range(20)
            ),
        )
        for _ in range(20)
    ),
    more_findings=180,
    actions=(FAMILY * 500,) * 20,
)

SAMPLES = {
    "open": DRIFT,
    "performance": MAE,
    "severity_up": WORSE,
    "escalation": ESCALATED,
    "resolved": RESOLVED,
    "combined": COMBINED,
    "reminder": REMINDER,
    "reopened": REOPENED,
    "ack": ACK,
    "flapping": FLAPPING,
    "digest": DIGEST,
    "heartbeat": HEARTBEAT,
    "test": TEST,
    "hostile": EVIL,
}
EVERYTHING = {**SAMPLES, "large": LARGE}
