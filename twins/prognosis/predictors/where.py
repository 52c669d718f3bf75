"""Where a predictor can tell at all: a condition over one step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.expression import Formula
from twins.physics import Array
from twins.record import Quality, quality_byte

_GOOD = quality_byte(Quality.GOOD)


def holds(condition: Formula, names: Sequence[str], row: Array) -> bool:
    """Of (n,) of the tags with these paths; not where one of them isn't known."""
    values = {name: row[names.index(name)] for name in condition.names}
    if not all(np.isfinite(value) for value in values.values()):
        return False
    told, quality = condition({name: (np.array([value]), np.array([_GOOD], np.uint8)) for name, value in values.items()})
    return bool(quality[0] & 0b11 < Quality.BAD and told[0] > 0.5)
