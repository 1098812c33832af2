"""References: what a model's rows are compared with, and how their bins are found.

A model's first reference is made of its own first rows; its users may give it another at any
time.  Each is kept under a number and never changed.
"""
