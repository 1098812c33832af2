"""What the windows must hold, counted as simply as can be: row by row, in dictionaries."""

from collections import defaultdict

from tidegauge.window import DAY, MINUTE, SECOND

_AHEAD = MINUTE * SECOND


def minutes(received):
    """Predictions a minute, by version and segment, of (record, received) pairs in order."""
    counts = defaultdict(int)
    first = {}
    duplicates = conflicts = skewed = too_late = 0
    for given, at in received:
        record = _said(given)
        known = first.get(record["prediction_id"])
        if known is not None:
            if known == record:
                duplicates += 1
            else:
                conflicts += 1
            continue
        first[record["prediction_id"]] = record
        happened = record.get("timestamp", at)
        if happened > at + _AHEAD:
            skewed += 1
            happened = at
        if at - happened > DAY * SECOND:
            too_late += 1
            continue
        if record.get("environment") in {"training", "validation"}:
            continue
        minute = happened - happened % (MINUTE * SECOND)
        weight = round(record.get("weight", 1))
        version = record.get("model_version", "")
        for segment in ("", "tags.region=" + record.get("tags", {}).get("region", "")):
            counts[version, segment, minute] += weight
    told = {
        "duplicate": duplicates,
        "conflict": conflicts,
        "skewed": skewed,
        "too-late": too_late,
    }
    return dict(counts), {code: rows for code, rows in told.items() if rows}


def rolled(counts, resolution):
    """The same by coarser windows."""
    sums = defaultdict(int)
    for (version, segment, minute), rows in counts.items():
        sums[version, segment, minute - minute % (resolution * SECOND)] += rows
    return dict(sums)


def _said(record):
    """A null and an absence say the same."""
    features = {name: value for name, value in record["features"].items() if value is not None}
    return record | {"features": features}
