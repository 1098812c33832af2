"""Holds a row in a transaction whose answer is too long for the line, and reads none of it."""

import sys

from tidegauge.catalog import Catalog, engine, progress


def main(url):
    # Half a minute is long for a test.
    engine._OF_SERVER["tcp_user_timeout"] = "2s"

    def hold(connection):
        progress.lock(connection, "held")
        driver = connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(
                "COPY (SELECT repeat('x', 1000000) FROM generate_series(1, 1000)) TO STDOUT"
            ),
        ):
            sys.stdout.write("held\n")
            sys.stdout.flush()
            sys.stdin.read()

    Catalog.open(url).write(hold)


if __name__ == "__main__":
    main(*sys.argv[1:])
