"""Methods over rows: what all columns do together, which no single column shows."""
