"""The tail of a model: its newest rows, which are counted already and still lie in the log.

They stay there until there are enough of them for a good part.  Whoever wants all rows of a model
reads its parts and then its tail; the catalog tells where the one ends and the other begins.
"""
