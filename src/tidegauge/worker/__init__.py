"""The worker: the only reader of the log, and the only writer of results.

It reads batches, drops repeated predictions, counts rows into windows, and writes them to parts.
All that a turn brought is committed to the catalog together with the position in the log up to
which it was read, so that a batch counts exactly once however often the worker dies.
"""
