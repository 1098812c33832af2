"""Starting processes that count, and reading what they tell."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "catalog_counting.py"


def start(url, count, *options, **environment):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), url, str(count), *options],
        env={**os.environ, "TIDEGAUGE_TEST": "1", **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(url, count, *options, **environment):
    """How it ended, and the steps that it told."""
    with start(url, count, *options, **environment) as child:
        out = child.stdout.read()
    return child.returncode, told(out.splitlines())


def told(lines):
    return [int(line.split()[1]) for line in lines if line.startswith("did ")]
