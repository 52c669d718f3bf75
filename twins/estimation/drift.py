"""Drift: how far off a model is by now, against how far off it was when its calibration was approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.asset import Twin, expects
from twins.clock import SECOND
from twins.estimation.calibration import span_of
from twins.estimation.courses import Courses
from twins.estimation.stepped import step_of
from twins.historian.days import Record
from twins.package.calibration import CalibrationForm, errors_in

PARTS = 24  # of a stretch, each with an error of its own
WORSE, OF_RANGE = 1.5, 0.002  # a model has drifted where it is off so many times as far, and by so much more of its range
_STEP = 10 * SECOND
_FEWEST = 20  # steps that are judged

Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Drift:
    """One output, in its unit: `now` over the whole stretch, `approved` when its calibration was (None: never was), and
    `course`: (when a part ends, ns UTC; its error)."""

    asset: str
    tag: str
    unit: str
    span: float
    n: int
    now: float
    approved: float | None
    course: tuple[tuple[int, float], ...]

    @property
    def drifted(self) -> bool:
        """Further off than chance and weather make it."""
        return self.approved is not None and self.now > WORSE * self.approved and self.now - self.approved > OF_RANGE * self.span


def drifts(
    twin: Twin, record: Record, form: CalibrationForm, start: int, end: int,
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False,
) -> Iterator[Drift]:  # fmt: skip
    """Of all outputs of calibrated assets as they were judged then; where none is calibrated, of all that is expected.

    The models are run over the record with the parameters of `twin`. Raises InputError where it was cancelled.
    """
    approved = {tag: found for tag, found in errors_in(form).items() if tag in twin.tags}
    judged = list(approved) or [tag.path for asset in twin.assets.values() for tag in expects(asset, twin.tags)]
    assets = list(dict.fromkeys(twin.tags[tag].asset for tag in judged))
    for k, asset in enumerate(assets):
        watch(k / len(assets), f"judging {asset}")
        if cancelled():
            raise InputError("it was cancelled; nothing was written")
        tags = [tag for tag in judged if twin.tags[tag].asset == asset]
        data = approved[tags[0]][0] if approved else None
        step = round(data.step * SECOND) if data and data.step else step_of(twin, record.channels, _STEP)
        names = [twin.tags[tag].name for tag in tags]
        courses = Courses(twin, asset, record, start, end, step, (), names, data.where if data else "")
        if not courses.judged:
            continue
        off = np.abs(courses.predicted(np.zeros((1, 0)))[..., 0] - courses.measured)
        for each, row in zip(courses.judged, off, strict=True):
            known = np.isfinite(row)
            if known.sum() >= _FEWEST:
                before = approved[each.tag.path][1].mae if each.tag.path in approved else None
                yield Drift(asset, each.tag.path, each.tag.unit, span_of(each.tag), int(known.sum()), float(row[known].mean()),
                            before, tuple(_parts(courses.time, row)))  # fmt: skip


def _parts(time: NDArray[np.int64], off: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    for some in np.array_split(np.arange(len(time)), min(PARTS, len(time))):
        known = some[np.isfinite(off[some])]
        if len(known):
            yield int(time[some[-1]]), float(off[known].mean())
