"""Retraining: when a model is trained again, by whom, and whether that helped.

Nothing is trained here.  A job is data: it is taken by a process of the user's, or by what a
webhook starts, which say how it goes until it ends.
"""
