"""What is said of each row from scores alone, before trees: the guess of each class, together.

Each row's shares add up to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tidegauge.arrays import Flags, Floats
from tidegauge.estimate.correction import Cross
from tidegauge.estimate.curve import learned, logarithm_of_odds, logistic
from tidegauge.estimate.guess import Guess
from tidegauge.estimate.maps import Map
from tidegauge.estimate.rows import Rows
from tidegauge.estimate.trees import Trees


@dataclass(frozen=True, eq=False)
class First:
    names: tuple[str, ...]
    guesses: Mapping[str, Guess]
    again: Mapping[str, Map]

    def shares(self, rows: Rows) -> dict[str, Floats]:
        said = {name: guess.shares(rows) for name, guess in self.guesses.items()}
        said = parts(self.names, said)
        if not self.again:
            return said
        return parts(self.names, {name: self.again[name].of_scores(said[name]) for name in said})


def of_rows(
    rows: Rows, names: tuple[str, ...], wanted: Mapping[str, str], some: Flags | None = None
) -> First:
    """From some of the rows, or all."""
    guesses = {
        name: Guess.of(rows, column, is_of(rows, name), some) for name, column in wanted.items()
    }
    first = First(names, guesses, {})
    if len(wanted) < 2 or not all(wanted.values()):
        return first
    weights = rows.weights if some is None else rows.weights * some
    said = first.shares(rows)
    again = {name: Map.of(said[name], is_of(rows, name), weights) for name in said}
    return replace(first, again=again)


def held(first: First, name: str, found: Cross, rows: Rows) -> tuple[First, Trees, Floats]:
    """Score and trees, each learned as if alone, by how much each tells of rows left out."""
    assert found.trees is not None  # noqa: S101 - the caller knows
    guess = first.guesses[name]
    usual = float(logarithm_of_odds(np.array([guess.map.usual]))[0])
    start = logarithm_of_odds(found.start)
    # No constant: what is usual is known of all rows, and blocks left out differ in it.
    both = np.stack([start - usual, logarithm_of_odds(found.said) - start])
    true = rows.weights * is_of(rows, name)
    score, trees = by = learned(both, rows.weights, true, np.ones(2), usual)
    if score < 0 or trees < 0:
        return first, found.trees, found.said
    return (
        replace(first, guesses={name: guess.drawn_in(float(score))}),
        replace(found.trees, values=found.trees.values * trees),
        logistic(both, by, usual),
    )


def parts(names: tuple[str, ...], said: Mapping[str, Floats]) -> dict[str, Floats]:
    """The same, of shares that add up to 1."""
    mix = mixed(names, said)
    return {name: mix[names.index(name)] for name in said}


def mixed(names: tuple[str, ...], said: Mapping[str, Floats]) -> Floats:
    """So that each row's shares add up to 1."""
    if len(names) == 1:
        return np.ones((1, len(next(iter(said.values())))))
    if len(said) == 1:
        (name,) = said
        own = said[name]
        return np.stack([own if each == name else 1 - own for each in names])
    mix = np.stack([said[name] for name in names])
    total = mix.sum(axis=0)
    return np.where(total > 0, mix / np.where(total > 0, total, 1.0), 1 / len(names))


def is_of(rows: Rows, name: str) -> Floats:
    assert rows.true is not None  # noqa: S101 - the reference has labels
    return (rows.true.codes == list(rows.true.names).index(name)).astype(np.float64)
