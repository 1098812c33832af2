"""What the catalog knows of a model over time: profile, drift, traffic, quality and health.

A span of time is read as the fewest windows that cover it; their sums answer every question.  No
web framework and no clock: whoever asks says which span, and gets numbers.
"""
