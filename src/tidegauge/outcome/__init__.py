"""Outcomes: predictions with what was true of them, joined by id and measured by window."""
