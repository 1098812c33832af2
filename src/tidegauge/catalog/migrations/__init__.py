"""Revisions of the catalog: `pre` ones add, `post` ones take away.  See `catalog/migrate.py`.

A revision that has been released is never changed.  A new one is `pre_0002_what_it_does.py` with
`down_revision = "pre_0001"`; the first of `post` has `branch_labels = ("post",)` and no
`down_revision`, and each of that branch sets `about.format` and `about.version` in its own
transaction, as `migrate.FORMAT` is raised with it.

What a revision does is kept whole with its mark, with one exception.  An index on a large table
of PostgreSQL is made in `op.get_context().autocommit_block()`, with `postgresql_concurrently` and
`if_not_exists`, so that nobody waits for it; what stands before it in the same revision would be
kept without the mark.  So it has a revision of its own, which first drops an index that a crash
has left invalid.
"""
