"""Calibration: parameters fitted to a stretch of a record, and how much better the models are for it on another stretch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.asset import Tag, Twin, expects, wandering
from twins.clock import DAY, SECOND
from twins.estimation.correcting import Found, found_of, written_of
from twins.estimation.courses import Courses
from twins.estimation.fitting import Fit, Unknown, candidates_for, fitted
from twins.estimation.stepped import step_of
from twins.expression import conversion
from twins.historian.days import Record
from twins.physics import Array, Maker, difference, modelled, named
from twins.simulation.knobs import STRUCTURAL, Knob, knob, knobs_of

_FINE, _STEP = (
    2 * SECOND,
    10 * SECOND,
)  # a short stretch is run in finer steps: what a step leaves out would stand in its parameters
_MANY = 2_000  # steps, up to which they may be fine
_BLOCKS = 12  # that a stretch has at least
_FEWEST = 20  # steps that are judged
_DRAWN = 300  # points of a course
_FINEST = 0.002  # of its range: no model is better than that

Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be calibrated, by what. Times in ns UTC; empty: what the package estimates, what it expects."""

    start: int
    end: int
    hold_out: tuple[int, int]
    assets: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()  # T01.drivetrain_efficiency, or with a range: …=0.8:1
    outputs: tuple[str, ...] = ()  # names of tags
    where: str = ""
    step: int = 0  # ns; 0: as it was recorded, 2 s at least, 10 s of a long stretch, and 10 min at most
    correct: bool = False  # also what the fitted models leave out of their outputs


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One parameter, in `unit`; `low` to `high` is its 90 % interval. Where it is not `identified` it stays as it was."""

    key: str
    unit: str
    before: float
    after: float
    deviation: float
    low: float
    high: float
    identified: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a fitted model leaves out of one output, as a package writes it; `found` says how much that is worth."""

    asset: str
    output: str  # the model's name
    tag: str
    written: Mapping[str, Any]
    found: Found


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one output over n steps: expected − measured, in the tag's unit."""

    n: int
    mae: float
    rmse: float
    bias: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One output over both stretches, before and after. `course` is what was kept back, thinned to be drawn: (time in ns UTC,
    measured, before, after) of each step that is judged; `span` how far its range reaches, 0 where it has none."""

    tag: str
    unit: str
    span: float
    fitted: tuple[Errors, Errors]
    held_out: tuple[Errors, Errors]
    course: tuple[tuple[int, float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of it."""

    question: Question
    step: int
    parameters: tuple[Calibrated, ...]
    outputs: tuple[Judged, ...]
    corrections: tuple[Corrected, ...] = ()


def calibrated(
    twin: Twin, record: Record, asked: Question,
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False,
) -> Calibration:  # fmt: skip
    """Asset by asset. Raises InputError where nothing can be fitted, or where it was cancelled."""
    assets, step = _assets(twin, asked), asked.step or step_of(twin, record.channels, _least_step(asked))
    parameters: list[Calibrated] = []
    outputs: list[Judged] = []
    corrected: list[Corrected] = []
    for k, asset in enumerate(assets):
        watch(k / len(assets), f"calibrating {asset}")
        one = _Asset(twin, asset, record, asked, step, lambda: _stop(cancelled))
        fit = one.fit()
        own = list(one.corrected(fit)) if asked.correct else []
        parameters += one.told(fit)
        outputs += one.judged(fit, own)
        corrected += own
    return Calibration(asked, step, tuple(parameters), tuple(outputs), tuple(corrected))


def _least_step(asked: Question) -> int:
    """Whole seconds."""
    span = asked.end - asked.start
    return int(np.clip(-(-span // _MANY // SECOND) * SECOND, _FINE, _STEP))


class _Asset:
    def __init__(self, twin: Twin, asset: str, record: Record, asked: Question, step: int, stop: Callable[[], None]) -> None:
        self._twin, self._asset, self._record, self._asked, self._step, self._stop = twin, asset, record, asked, step, stop
        self._knobs = knobs_asked(twin, asset, asked.parameters)
        self._outputs = asked.outputs or tuple(tag.name for tag in expects(twin.assets[asset], twin.tags))
        self._bare = corrected_by(twin, asset, {})
        self._courses = self._over(self._bare, asked.start, asked.end)
        if not self._courses.judged:
            raise InputError(f"{asset}: none of its outputs was recorded; name one with --output, “info” lists what was")
        if np.isfinite(self._courses.measured).sum() < _FEWEST:
            raise InputError(f"{asset}: too little of this stretch can be judged; take a longer one, or another --where")

    def _over(self, twin: Twin, start: int, end: int) -> Courses:
        asked = self._asked
        return Courses(twin, self._asset, self._record, start, end, self._step, self._knobs, self._outputs,
                       asked.where, candidates_for(len(self._knobs)))  # fmt: skip

    def fit(self) -> Fit:
        courses = self._courses
        span = max(self._asked.end - self._asked.start, 1)
        block = min(DAY, span // _BLOCKS)

        def predict(points: Array) -> Array:
            self._stop()
            return courses.predicted(points)

        least = np.array([_least(each.tag) for each in courses.judged])
        unknowns, since = [self._unknown(each) for each in self._knobs], courses.time - 1
        return fitted(unknowns, predict, courses.measured, least, since // block)

    def told(self, fit: Fit) -> Iterator[Calibrated]:
        for i, each in enumerate(self._knobs):
            yield Calibrated(each.key, each.unit, each.value, float(fit.value[i]), float(fit.deviation[i]),
                             float(fit.low[i]), float(fit.high[i]), bool(fit.identified[i]))  # fmt: skip

    def corrected(self, fit: Fit) -> Iterator[Corrected]:
        """Of each output that is no state, where it is worth it."""
        said = self._courses.predicted(fit.value[None])[..., 0]
        for k, each in enumerate(self._courses.judged):
            self._stop()
            if (what := self._courses.correctable(k)) is None:
                continue
            found = found_of(said[k], self._courses.beside(), self._courses.measured[k] - said[k], self._stop)
            if found is not None:
                yield Corrected(self._asset, what[0], each.tag.path, written_of(found, each.tag.unit, what[1]), found)

    def judged(self, fit: Fit, own: Sequence[Corrected]) -> Iterator[Judged]:
        """Before is as it is in force, with what is corrected then."""
        after = corrected_by(self._twin, self._asset, {each.output: each.written for each in own})
        before, points = np.array([[each.value for each in self._knobs]]), fit.value[None]
        stretches, told = ((self._asked.start, self._asked.end), self._asked.hold_out), []
        for stretch in stretches:
            runs = [self._over(twin, *stretch) for twin in (self._twin, after)]
            both = [run.predicted(point) for run, point in zip(runs, (before, points), strict=True)]
            told.append((np.concatenate(both, axis=2), runs[0]))
        errors = [list(_errors(found, run.measured)) for found, run in told]
        kept_back, held = told[1]
        for k, each in enumerate(self._courses.judged):
            course = _course(held.time, held.measured[k], kept_back[k])
            yield Judged(each.tag.path, each.tag.unit, span_of(each.tag), errors[0][k], errors[1][k], course)

    def _unknown(self, each: Knob) -> Unknown:
        written = wandering(self._twin.assets[self._asset]).get(each.label, {}).get("spread")
        if written is None:
            return unknown(each)
        prior = difference(written, self._unit(each)) * conversion(self._unit(each), each.unit)[0]
        return replace(unknown(each), scale=prior, prior=prior)

    def _unit(self, each: Knob) -> str:
        model = Maker(self._twin.files).model(self._twin.assets[self._asset].model)
        variable = named(tuple(model.parameters), each.label)
        return variable.unit if variable else ""


def corrected_by(twin: Twin, asset: str, written: Mapping[str, Mapping[str, Any]]) -> Twin:
    """The twin with these corrections of one asset's outputs, and no others of it."""
    model = {**twin.assets[asset].model, "corrections": written}
    return replace(twin, assets={**twin.assets, asset: replace(twin.assets[asset], model=model)})


def unknown(each: Knob) -> Unknown:
    """Of which nothing is written: it may be off by a quarter of its value, or by a tenth of its range."""
    low = -np.inf if each.low is None else each.low
    high = np.inf if each.high is None else each.high
    reach = high - low if np.isfinite(high - low) else 1.0
    scale = 0.05 * abs(each.value) if each.value else 0.02 * reach
    return Unknown(each.value, low, high, scale, 5 * scale)


def _errors(told: Array, measured: Array) -> Iterator[tuple[Errors, Errors]]:
    """(output, step, [before, after]) against (output, step); both are judged over the same steps."""
    for row, here in zip(told, measured, strict=True):
        known = np.isfinite(here) & np.isfinite(row).all(axis=1)
        off = row[known] - here[known, None]
        made = [
            Errors(int(known.sum()), float(np.abs(each).mean()), float(np.sqrt((each**2).mean())), float(each.mean()))
            if known.any() else Errors(0, float("nan"), float("nan"), float("nan"))
            for each in off.T
        ]  # fmt: skip
        yield made[0], made[1]


def _course(time: NDArray[np.int64], measured: Array, told: Array) -> tuple[tuple[int, float, float, float], ...]:
    known = np.flatnonzero(np.isfinite(measured) & np.isfinite(told).all(axis=1))
    shown = known[np.unique(np.linspace(0, len(known) - 1, min(len(known), _DRAWN)).astype(int))] if len(known) else known
    return tuple((int(time[k]), float(measured[k]), float(told[k, 0]), float(told[k, 1])) for k in shown)


def span_of(tag: Tag) -> float:
    """From one end of its range to the other; 0 where it has none."""
    return tag.range[1] - tag.range[0] if tag.range else 0.0


def _assets(twin: Twin, asked: Question) -> tuple[str, ...]:
    named_ = tuple(dict.fromkeys(text.partition("=")[0].rpartition(".")[0] for text in asked.parameters))
    chosen = asked.assets or named_ or tuple(path for path, each in twin.assets.items() if wandering(each))
    for path in (*chosen, *named_):
        if path not in twin.assets or not modelled(twin.assets[path].model):
            raise InputError(f"“{path}” is no asset with a model; “check” tells what {twin.name} has")
    if not chosen:
        raise InputError(f"{twin.name} names no parameters to be estimated; name some with --parameter")
    return chosen


def knobs_asked(twin: Twin, asset: str, parameters: Sequence[str]) -> list[Knob]:
    """Those of one asset that are named, else those that its type estimates. Raises InputError."""
    own = [text for text in parameters if text.partition("=")[0].rpartition(".")[0] == asset]
    texts = own or ([] if parameters else [f"{asset}.{name}" for name in wandering(twin.assets[asset])])
    found = {each.key: each for text in texts for each in _knobs(text, twin)}
    if not found:
        raise InputError(f"{asset}: no parameter to be calibrated; name one, like --parameter {asset}.NAME")
    return list(found.values())


def _knobs(text: str, twin: Twin) -> Iterator[Knob]:
    """One, or with a * all that fit: T01.anemometer_*."""
    key = text.partition("=")[0].strip()
    if "*" not in key:
        yield _knob(text, twin)
        return
    asset = key.rpartition(".")[0]
    for each in knobs_of(twin, asset) if asset in twin.assets else ():
        if each.sort == "parameter" and each.label not in STRUCTURAL and not each.whole and fnmatchcase(each.key, key):
            yield each


def _knob(text: str, twin: Twin) -> Knob:
    key, given, span = (part.strip() for part in text.partition("="))
    found = knob(twin, key)
    if found is None or found.sort != "parameter" or found.label in STRUCTURAL:
        raise InputError(f"--parameter {text}: there is no parameter “{key}” that could be fitted; “check” tells what there is")
    if found.whole:
        raise InputError(
            f"--parameter {text}: {key} is counted, and nothing between two whole numbers could be fitted; leave it out"
        )
    if not given:
        return found
    try:
        low, high = (float(end) for end in span.split(":"))
    except ValueError:
        raise InputError(f"--parameter {text}: write {key}=FROM:TO, in {found.unit or 'plain figures'}") from None
    low, high = max(low, _or(found.low, low)), min(high, _or(found.high, high))
    if not low <= found.value <= high or low >= high:
        raise InputError(f"--parameter {text}: it stands at {found.value:g} {found.unit}, which must lie within the range")
    return replace(found, low=low, high=high)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _least(tag: Tag) -> float:
    """One deviation: an output that hardly scatters would else outweigh all others by what its model leaves out."""
    return max(_FINEST * span_of(tag), 10.0 ** -(tag.decimals + 1))


def _stop(cancelled: Cancelled) -> None:
    if cancelled():
        raise InputError("the calibration was cancelled; nothing was written")
