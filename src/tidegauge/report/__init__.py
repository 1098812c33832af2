"""`compare` and its answer, on a terminal, on a page, in a notebook and as JSON."""
