"""Episodes: lives of assets in the twin's own record, each from its beginning, or a repair, to a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.clock import SECOND, format_duration
from twins.historian.days import Record
from twins.physics import Array
from twins.prognosis.predictors.declared import Scope
from twins.prognosis.predictors.grid import Grid
from twins.prognosis.predictors.training import named_in, read_rows, sensors_of
from twins.prognosis.predictors.where import holds
from twins.prognosis.remaining_life.fleet import Fleet, carried

SHORTEST = 5  # rows

Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]


def episodes(
    record: Record, scope: Scope, start: int, end: int, step_ns: int, failed: str, ignored: Sequence[str] = (),
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False,
) -> Fleet:  # fmt: skip
    """Times in s. A life ends with the first step in which `failed` holds; the next begins when it holds no longer. What still
    ran when the record ended is no life. Raises InputError where there are fewer than two."""
    formulas = [scope.formula(failed, asset, ("failed",)) for asset in scope.assets]
    recorded = {channel.path for channel in record.channels}
    found: list[tuple[str, Array, Array]] = []
    sensors: tuple[str, ...] = ()
    for asset, formula in zip(scope.assets, formulas, strict=True):
        if formula is None:
            continue
        tags = [tag for tag in sensors_of(scope.twin, asset, ignored, set()) if tag.path in recorded]
        own = tuple(named_in(tag.path, asset) for tag in tags)
        sensors = sensors or own
        if own != sensors:
            raise InputError(f"{asset} has other tags recorded than {scope.assets[0]}; take assets that are alike")
        paths = list(dict.fromkeys([*(tag.path for tag in tags), *formula.names]))
        grid = Grid([scope.tags[path] for path in paths], step_ns, 1)
        (times,), (rows,) = read_rows(record, [grid], start, end, watch, cancelled)
        over = np.array([holds(formula, grid.paths, row) for row in rows], bool)
        for k, (first, last) in enumerate(_lives(over)):
            found.append((f"{asset} {k + 1}", times[first : last + 1] / SECOND, rows[first : last + 1, : len(tags)]))
    if len(found) < 2:
        said = f"{len(found)} {'life' if len(found) == 1 else 'lives'} of {SHORTEST} steps of {format_duration(step_ns)} ended"
        raise InputError(f"{said} with “{failed}” in this stretch; remaining life is learnt from two at least: take a longer one")
    starts = np.cumsum([0, *(len(times) for _, times, _ in found)])
    values = np.concatenate([rows for *_, rows in found])
    return Fleet(
        tuple(name for name, *_ in found),
        starts,
        np.concatenate([t for _, t, _ in found]),
        sensors,
        carried(values, starts),
        dated=True,
    )


def _lives(failed: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """(first, last) row of each that ended; its last is the one in which it had failed."""
    first = 0
    for k in range(1, len(failed)):
        if failed[k] and not failed[k - 1] and k - first + 1 >= SHORTEST:
            yield first, k
        if failed[k]:
            first = k + 1
