"""Loaded models for a program that serves them: few at a time, each loaded once, really let go.

The server of tidegauge never opens a model, since a pickle runs code as it is read.  The program
that predicts has to.  Its own function loads; what is here says which file, checks it, and counts.
Only the standard library is used.
"""

from tidegauge.artifacts.artifact import LATEST, Artifact, Key, Source
from tidegauge.artifacts.cache import Cache
from tidegauge.artifacts.digest import DigestError, LoadError, digest_of, verify
from tidegauge.artifacts.folder import Folder
from tidegauge.artifacts.shown import Held, Stats

__all__ = [
    "LATEST",
    "Artifact",
    "Cache",
    "DigestError",
    "Folder",
    "Held",
    "Key",
    "LoadError",
    "Source",
    "Stats",
    "digest_of",
    "verify",
]
