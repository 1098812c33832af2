"""whylogs' profiles of both samples; it compares profiles elsewhere."""

import whylogs as why


def run(reference, current):
    why.log(reference).view().to_pandas()
    why.log(current).view().to_pandas()
