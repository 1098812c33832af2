"""Whether a file is what its artifact says: SHA-256, over the whole of it, piece by piece.

It finds what was cut off, damaged or mixed up on its way.  It does not stop somebody who can write
beside the file, where the digest stands too.
"""

import hashlib
from pathlib import Path
from typing import Final

from tidegauge.artifacts.artifact import Artifact
from tidegauge.errors import TidegaugeError

_PREFIX: Final = "sha256:"


class LoadError(TidegaugeError):
    """A model could not be loaded: the cause is chained, and a later call tries again."""


class DigestError(LoadError):
    """A file is not the one that its digest was taken of: it is not loaded."""


def digest_of(path: Path) -> str:
    """`sha256:` and 64 hexadecimal digits, as `metadata.json` says them."""
    with path.open("rb") as file:
        return _PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def verify(artifact: Artifact) -> None:
    """Nothing, or `DigestError`.  What is behind a URI is for the one who fetches it to check."""
    path = artifact.path
    if not artifact.digest or path is None:
        return
    if not artifact.digest.startswith(_PREFIX):
        raise DigestError(f"{artifact.key}: digest {artifact.digest!r} is not sha256:...")
    if path.is_dir():
        raise DigestError(f"{artifact.key}: {path} is a folder, and a digest is of one file")
    found = digest_of(path)
    if found != artifact.digest.lower():
        raise DigestError(
            f"{artifact.key}: {path} is {found}, and should be {artifact.digest}; copy it again"
        )
