"""Web and worker together, as `tidegauge serve` runs them; both may be killed."""

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "web"), str(TESTS / "web" / "crash"), str(TESTS / "worker")]
