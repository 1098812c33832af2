"""Profiles as bytes: a version, a header in JSON, then the arrays, in the fewest bytes that hold
them, compressed.

A profile can travel with its layout, or without it where many profiles share one.
"""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from tidegauge.errors import InputError, UnreadableError
from tidegauge.profile.bins import BINS, NumericBins
from tidegauge.profile.categories import Categories, CategoryBins
from tidegauge.profile.embedding import Projection
from tidegauge.profile.groups import together
from tidegauge.profile.layout import Facet, Layout
from tidegauge.profile.numeric import Numeric
from tidegauge.profile.packed import narrowed
from tidegauge.profile.sketch import Sketch
from tidegauge.profile.table import Profile
from tidegauge.profile.text import Vocabulary
from tidegauge.schema import Column, Schema

VERSION = 2
_MAGIC = b"TG"
_MOST = 1 << 30
"""Bytes that a profile may unpack to: far above the largest, far below a decompression bomb."""

Array = np.ndarray[Any, Any]
Header = dict[str, Any]


def encode(profile: Profile, *, with_layout: bool = True) -> bytes:
    """A profile as bytes, with its layout or, where many share one, without."""
    arrays: list[Array] = []
    header: Header = {
        "rows": profile.rows,
        "squares": profile.squares,
        "counts": _put(arrays, profile.numeric.counts),
        "gone": _put(arrays, profile.numeric.gone),
        "lowest": _put(arrays, profile.numeric.lowest),
        "highest": _put(arrays, profile.numeric.highest),
        "sums": [[str(total) for total in row] for row in profile.numeric.sums.tolist()],
        "mixes": _put(arrays, profile.categories.counts),
        "outside": [_put_sketch(arrays, sketch) for sketch in profile.categories.outside],
        "ids": [_put_sketch(arrays, sketch) for sketch in profile.ids],
        "repeats": _put_sketch(arrays, profile.repeats),
        "types": {name: sorted(found) for name, found in profile.types.items()},
    }
    if with_layout:
        header["layout"] = _put_layout(arrays, profile.layout)
    header["arrays"] = [(array.dtype.str, array.shape) for array in arrays]
    head = json.dumps(header, separators=(",", ":")).encode()
    body = b"".join([len(head).to_bytes(4, "little"), head, *(array.tobytes() for array in arrays)])
    return _MAGIC + bytes([VERSION]) + zlib.compress(body)


def decode(data: bytes, layout: Layout | None = None) -> Profile:
    """The profile again; `layout` is needed for one that was encoded without.

    What is kept of it is copied: an array that is a view of the bytes would keep all of them.
    """
    header, arrays = _unpack(data)
    try:
        if layout is None:
            if "layout" not in header:
                raise InputError("this profile was written without its layout; pass the layout")
            layout = _get_layout(header["layout"], arrays)
        sums = np.array([[int(t) for t in row] for row in header["sums"]], dtype=object)
        counts = cast("Array", arrays[header["counts"]])
        return Profile(
            layout=layout,
            rows=header["rows"],
            squares=header["squares"],
            numeric=Numeric(
                bins=layout.numeric,
                counts=counts.astype(np.int64),
                gone=arrays[header["gone"]].astype(np.int64),
                lowest=arrays[header["lowest"]].copy(),
                highest=arrays[header["highest"]].copy(),
                sums=sums.reshape(len(counts), -1)
                if len(counts)
                else Numeric.empty(layout.numeric).sums,
            ),
            categories=Categories(
                bins=layout.categories,
                counts=arrays[header["mixes"]].astype(np.int64),
                outside=tuple(_get_sketch(arrays, found) for found in header["outside"]),
            ),
            ids=tuple(_get_sketch(arrays, found) for found in header["ids"]),
            repeats=_get_sketch(arrays, header["repeats"]),
            types={name: together(tuple(found)) for name, found in header["types"].items()},
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise UnreadableError(f"this profile is damaged: {error}") from error


class Tallies(NamedTuple):
    """The counts of a profile, as they were packed: for those who read thousands."""

    rows: int
    squares: int
    counts: Array
    gone: Array
    lowest: Array
    highest: Array
    sums: Sequence[Sequence[str]]
    """Whole numbers, as texts: few need them."""
    mixes: Array


def decode_tallies(data: bytes) -> Tallies:
    """A part of what `decode` gives, in a third of its time."""
    header, body, at = _opened(data)
    try:
        starts: list[int] = []
        for kind, shape in header["arrays"]:
            starts.append(at)
            at += math.prod(shape) * int(kind[2:])

        def array(name: str) -> Array:
            kind, shape = header["arrays"][header[name]]
            count = math.prod(shape)
            return np.frombuffer(body, kind, count, starts[header[name]]).reshape(shape)

        return Tallies(
            rows=header["rows"],
            squares=header["squares"],
            counts=array("counts"),
            gone=array("gone"),
            lowest=array("lowest"),
            highest=array("highest"),
            sums=header["sums"],
            mixes=array("mixes"),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UnreadableError(f"this profile is damaged: {error}") from error


def _opened(data: bytes) -> tuple[Header, bytes, int]:
    """The header, the whole, and where in it the arrays begin."""
    if data[:2] != _MAGIC or len(data) < 4:
        raise UnreadableError("these bytes are not a tidegauge profile")
    if data[2] != VERSION:
        raise UnreadableError(
            f"this profile is of version {data[2]}, and this tidegauge reads version {VERSION}"
        )
    try:
        unpacker = zlib.decompressobj()
        body = unpacker.decompress(data[3:], _MOST)
        if not unpacker.eof:
            raise UnreadableError("this profile is cut short, or unpacks to more than 1 GiB")
        size = int.from_bytes(body[:4], "little")
        return cast("Header", json.loads(body[4 : 4 + size])), body, 4 + size
    except (zlib.error, ValueError, TypeError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError(f"this profile is damaged: {error}") from error


def _unpack(data: bytes) -> tuple[Header, list[Array]]:
    header, body, at = _opened(data)
    try:
        arrays: list[Array] = []
        for kind, shape in header["arrays"]:
            dtype = np.dtype(kind)
            count = int(np.prod(shape, dtype=np.int64))
            arrays.append(np.frombuffer(body, dtype, count, at).reshape(shape))
            at += count * dtype.itemsize
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"this profile is damaged: {error}") from error
    return header, arrays


def _put(arrays: list[Array], array: Array) -> int:
    """Add an array; its place is what the header holds."""
    arrays.append(narrowed(array) if array.dtype == np.int64 else array)
    return len(arrays) - 1


def _put_sketch(arrays: list[Array], sketch: Sketch) -> Header:
    return {
        "limit": sketch.limit,
        "hashes": _put(arrays, sketch.hashes),
        "counts": _put(arrays, sketch.counts),
        "labels": sketch.labels,
    }


def _get_sketch(arrays: Sequence[Array], found: Mapping[str, Any]) -> Sketch:
    labels = found["labels"]
    return Sketch(
        limit=found["limit"],
        hashes=arrays[found["hashes"]].copy(),
        counts=arrays[found["counts"]].astype(np.int64),
        labels=None if labels is None else tuple(labels),
    )


def _put_layout(arrays: list[Array], layout: Layout) -> Header:
    return {
        "schema": [(c.name, c.kind, c.role, c.why) for c in layout.schema],
        "facets": layout.facets,
        "edges": _put(arrays, layout.numeric.edges),
        "names": layout.names,
        "categories": [
            {
                "values": bins.values,
                "tail": _put(arrays, bins.tail),
                "is_open": bins.is_open,
                "rows": bins.rows,
                "once": bins.once,
            }
            for bins in layout.categories
        ],
        "vocabularies": {name: v.words for name, v in layout.vocabularies.items()},
        "projections": {
            name: {
                "centre": _put(arrays, p.centre),
                "scale": p.scale,
                "directions": _put(arrays, p.directions),
            }
            for name, p in layout.projections.items()
        },
        "repeats": layout.repeats,
    }


def _get_layout(found: Mapping[str, Any], arrays: Sequence[Array]) -> Layout:
    return Layout(
        schema=Schema(
            tuple(Column(name=n, kind=k, role=r, why=w) for n, k, r, w in found["schema"])
        ),
        facets=tuple(Facet(*facet) for facet in found["facets"]),
        numeric=NumericBins.of_edges(arrays[found["edges"]].reshape(-1, BINS + 1).copy()),
        names=tuple(found["names"]),
        categories=tuple(
            CategoryBins(
                values=tuple(bins["values"]),
                tail=arrays[bins["tail"]].copy(),
                is_open=bins["is_open"],
                rows=bins["rows"],
                once=bins["once"],
            )
            for bins in found["categories"]
        ),
        vocabularies={name: Vocabulary(tuple(v)) for name, v in found["vocabularies"].items()},
        projections={
            name: Projection(arrays[p["centre"]].copy(), p["scale"], arrays[p["directions"]].copy())
            for name, p in found["projections"].items()
        },
        repeats=found["repeats"],
    )
