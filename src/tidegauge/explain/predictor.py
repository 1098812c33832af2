"""A model that can be asked here: an entry point of the group `tidegauge.predictors`.

Its name is a model's, or `model/version` for one version.  What it names is a fitted model, or a
function that is given the features by name, each as an array, and returns a number a row, or
several: one for each output.  A class is made first.  Numbers and booleans are floats, NaN where
missing; texts are objects, None where missing.

Models of trees are explained by shap where all features are numbers, all else by `shapley` against
rows of the reference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any, Final, Self

import numpy as np

from tidegauge.arrays import Floats
from tidegauge.arrow import Table, pa
from tidegauge.errors import InputError
from tidegauge.explain.compute import Explanation, Rows, of_trees, shapley

GROUP: Final = "tidegauge.predictors"
OUTPUTS: Final = 50
"""Of a model, the first ones: more are not told apart."""
_WALKS: Final = 16
_TWO: Final = 2


def names() -> frozenset[str]:
    """Of what is installed; nothing of it is imported."""
    return frozenset(each.name for each in entry_points(group=GROUP))


def chosen(known: frozenset[str], model: str, version: str) -> str | None:
    """What answers for a version of a model."""
    return next((name for name in (f"{model}/{version}", model) if name in known), None)


def loaded(name: str) -> object:
    found = next((each for each in entry_points(group=GROUP) if each.name == name), None)
    if found is None:
        raise InputError(f"no entry point {name!r} of the group {GROUP!r} is installed")
    made: Any = found.load()
    return made() if isinstance(made, type) else made


@dataclass(frozen=True, eq=False)
class Asked:
    """A model, the features that it takes in their order, and usual rows of them."""

    model: Any
    features: Sequence[str]
    texts: frozenset[str]
    usual: Rows
    """[rows, features]"""

    @classmethod
    def of(cls, model: object, rows: Table, usual: Table) -> Self:
        """Both have a column for each feature."""
        features = _features(model, usual)
        texts = frozenset(
            name for name in features if any(_is_text(table, name) for table in (rows, usual))
        )
        return cls(model, features, texts, _matrix(usual, features, texts))

    def matrix(self, rows: Table) -> Rows:
        return _matrix(rows, self.features, self.texts)

    def explain(self, rows: Rows) -> Explanation:
        """As many outputs as are told apart."""
        if self._is_of_trees:
            found = of_trees(self.model, rows)
        else:
            found = shapley(self._ask, rows, self.usual, walks=_WALKS)
        if found.values.shape[2] == _TWO == len(self._classes):
            # The other class is the same with the sign turned.
            return Explanation(found.values[:, :, 1:], found.base[1:])
        return Explanation(found.values[:, :, :OUTPUTS], found.base[:OUTPUTS])

    def outputs(self, count: int) -> list[str]:
        """Their names."""
        if count == 1:
            return [""]
        told = [str(each) for each in getattr(self.model, "outputs", self._classes)]
        return told[:count] if len(told) >= count else [str(at) for at in range(count)]

    @cached_property
    def _is_of_trees(self) -> bool:
        if self.texts or not hasattr(self.model, "predict"):
            return False
        try:
            of_trees(self.model, self.usual[:1])
        except InputError:
            return False
        return True

    @property
    def _classes(self) -> Sequence[object]:
        return list(getattr(self.model, "classes_", ()))

    def _ask(self, rows: Rows) -> Floats:
        return np.asarray(self._answers(rows), dtype=np.float64)

    @property
    def _answers(self) -> Callable[[Rows], Any]:
        model = self.model
        predict: Any = getattr(model, "predict_proba", None) or getattr(model, "predict", None)
        if predict is None:
            return lambda rows: model(self._named(rows))
        if hasattr(model, "feature_names_in_"):
            # It was fitted on a data frame, so there is pandas.
            return lambda rows: predict(pa.table(self._named(rows)).to_pandas())
        return predict

    def _named(self, rows: Rows) -> Mapping[str, Rows]:
        return {
            name: rows[:, at] if name in self.texts else rows[:, at].astype(np.float64)
            for at, name in enumerate(self.features)
        }


def _features(model: Any, usual: Table) -> list[str]:  # noqa: ANN401 - whatever is registered
    for told in ("features", "feature_names_in_", "feature_name_", "feature_names_"):
        found = getattr(model, told, None)
        if found is not None and not callable(found) and len(found):
            return [str(name) for name in found]
    if hasattr(model, "predict") or hasattr(model, "predict_proba"):
        raise InputError(
            "the model does not say which features it takes, in their order: fit it on a data"
            " frame, or give it `features`, a list of names"
        )
    if not callable(model):
        raise InputError(f"it is neither a fitted model nor a function: {type(model).__name__}")
    return sorted(usual.column_names)


def _is_text(table: Table, name: str) -> bool:
    if name not in table.column_names:
        return False
    kind = table.schema.field(name).type
    return not (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
    )


def _matrix(table: Table, features: Sequence[str], texts: frozenset[str]) -> Rows:
    found = np.empty((table.num_rows, len(features)), dtype=object if texts else np.float64)
    for at, name in enumerate(features):
        if name in texts:
            there = name in table.column_names
            values = table[name].to_pylist() if there else [None] * table.num_rows
            found[:, at] = [None if each is None else str(each) for each in values]
        elif name in table.column_names:
            column = table[name].cast(pa.float64(), safe=False)
            found[:, at] = column.to_numpy(zero_copy_only=False)
        else:
            found[:, at] = np.nan
    return found
