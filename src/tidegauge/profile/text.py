"""Text columns as numbers: how long, how many words, how much is not letters, how much is new."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.arrow import Chunked, pa, pc

_MOST_WORDS = 10_000
_OFTEN = 5
"""A word is known if it came this often: rarer ones would be new in another sample as well."""


@dataclass(frozen=True)
class Vocabulary:
    """The words that the reference uses."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, texts: Chunked) -> Self:
        flat = _words(texts).flatten()
        counted = pc.value_counts(flat)
        counts, words = counted.field("counts").to_numpy(), counted.field("values")
        frequent = [
            (-int(count), word)
            for count, word in zip(
                counts[counts >= _OFTEN],
                words.filter(pa.array(counts >= _OFTEN)).to_pylist(),
                strict=True,
            )
            if word
        ]
        return cls(tuple(sorted(word for _, word in sorted(frequent)[:_MOST_WORDS])))

    def unknown_share(self, texts: Chunked) -> Floats:
        """The share of each text's words that the reference does not use; NaN without words."""
        listed = _words(texts)
        flat = listed.flatten()
        is_word = pc.not_equal(flat, "").to_numpy(zero_copy_only=False)
        known = pc.is_in(flat, value_set=pa.array(self.words, pa.large_string()))
        unknown = is_word & ~known.to_numpy(zero_copy_only=False)
        ends = np.concatenate([[0], np.cumsum(pc.list_value_length(listed).to_numpy())])
        totals = np.diff(np.concatenate([[0], np.cumsum(is_word)])[ends])
        news = np.diff(np.concatenate([[0], np.cumsum(unknown)])[ends])
        shares = np.full(len(texts), np.nan)
        return np.divide(news, totals, out=shares, where=totals > 0)


def _words(texts: Chunked) -> Chunked:
    lowered = pc.utf8_lower(texts.combine_chunks())
    return pc.split_pattern_regex(lowered, r"[^\pL\pN]+")


TITLES = {
    "length": "characters",
    "words": "words",
    "digits": "share of digits",
    "marks": "share of characters that are neither letters, digits nor spaces",
    "unknown": "share of words that the reference does not use",
}


def facets(texts: Chunked, vocabulary: Vocabulary) -> Iterable[tuple[str, Floats]]:
    length = pc.utf8_length(texts).to_numpy().astype(np.float64)
    per_character = np.maximum(length, 1.0)
    yield "length", length
    yield "words", _count(texts, r"\S+")
    yield "digits", _count(texts, r"\pN") / per_character
    yield "marks", _count(texts, r"[^\pL\pN\s]") / per_character
    yield "unknown", vocabulary.unknown_share(texts)


def _count(texts: Chunked, pattern: str) -> Floats:
    return pc.count_substring_regex(texts, pattern).to_numpy().astype(np.float64)
