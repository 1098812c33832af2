"""Somebody who acknowledges one incident after the other, in a process of his own, and says so."""

import sys

from tidegauge.alert.act import act
from tidegauge.alert.settings import Settings
from tidegauge.catalog import Catalog


def main(url):
    catalog = Catalog.open(url)
    for name in sys.stdin.read().split():
        act(catalog, Settings(), name, lambda machine, one: machine.ack(one, "ann"))
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
    catalog.close()


if __name__ == "__main__":
    main(sys.argv[1])
