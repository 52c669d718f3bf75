"""Computed tags of what models tell, for all members at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.asset import Tag, TagKind, Twin
from twins.expression import Formula, computed_formulas
from twins.physics import Array
from twins.record import Quality

_BAD = np.uint8(Quality.BAD)


class Derived:
    """Those of a twin's computed tags that follow from `told`, in order."""

    def __init__(self, twin: Twin, told: Sequence[Tag]) -> None:
        known = {tag.path: i for i, tag in enumerate(told) if tag.kind not in (TagKind.TEXT, TagKind.WAVEFORM)}
        self._formulas: list[tuple[Formula, list[int]]] = []
        self.tags: list[Tag] = []
        for path, formula in computed_formulas(twin)[0].items():
            if all(name in known for name in formula.names):
                self._formulas.append((formula, [known[name] for name in formula.names]))
                known[path] = len(told) + len(self.tags)
                self.tags.append(twin.tags[path])

    def of(self, values: Array) -> Array:
        """(told tags, n) → (told and computed tags, n); NaN where there is no number."""
        everything = np.concatenate([values, np.empty((len(self.tags), values.shape[1]))])
        for k, (formula, places) in enumerate(self._formulas):
            columns = {
                name: (everything[i], np.where(np.isnan(everything[i]), _BAD, np.uint8(0)).astype(np.uint8))
                for name, i in zip(formula.names, places, strict=True)
            }
            everything[len(values) + k] = formula(columns)[0]
        return everything
