"""The runner: takes jobs of retraining from a server, and runs what its owner says for them.

It is the user's own process, on the machine that has the rows and the processors for it. It knows
the server by its API alone.
"""
