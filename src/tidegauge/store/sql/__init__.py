"""One SELECT that a user wrote, over rows, in a child process that can do nothing else.

The child reads the query, says which columns it needs, and is given these alone; the parent reads
the parts, verified as ever.  It is killed when its time is over.  Column names hold dots, so a
query writes them in double quotes: `select avg("features.age") from predictions`.
"""

from tidegauge.store.sql.run import Answer, Limits, Rows, run_sql

__all__ = ["Answer", "Limits", "Rows", "run_sql"]
