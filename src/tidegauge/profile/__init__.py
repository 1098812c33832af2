"""Mergeable summaries of rows: what everything that must be quick reads."""
