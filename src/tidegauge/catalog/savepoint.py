"""A place in a transaction to go back to.

In PostgreSQL a statement that failed takes all that follows in its transaction along, in SQLite
only itself.  Who goes on after a failure goes back first, and both are alike.
"""

from sqlalchemy import Connection


def put(connection: Connection) -> None:
    """Here is where `go_back` leads to."""
    connection.begin_nested()


def go_back(connection: Connection) -> None:
    """To where the last one is, which stays; nothing where there is none."""
    nested = connection.get_nested_transaction()
    if nested is not None:
        nested.rollback()
        put(connection)
