"""Training: what an asset's tags are like while all is well, learnt from the twin's own record, with an operating point."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twins import InputError
from twins.alarms.state import Standing
from twins.asset import Tag, TagKind, Twin
from twins.clock import DAY, HOUR, SECOND, format_duration
from twins.historian.days import Record
from twins.physics import Array
from twins.prognosis.anomaly.detector import Detector
from twins.prognosis.anomaly.learning import Learnt, learn
from twins.prognosis.anomaly.sensors import unmoved
from twins.prognosis.calls import HELD
from twins.prognosis.predictors.declared import Scope
from twins.prognosis.predictors.grid import Grid
from twins.prognosis.predictors.standstill import longest
from twins.prognosis.predictors.where import holds
from twins.record import Event, EventKind

MONTH = 30 * DAY
FEWEST = 200  # clean rows
_TAUGHT, _TRIED = 0.5, 0.75  # of them: the first half teaches, the next quarter tries the tags, the last is held back
_RESTLESS = 3.0  # lines: a tag that alone is so far off while all is well is no evidence
_SINGLE = 0.01  # of the rows that it may be so far off in
_ROW_SHARE = 0.01  # of clean rows above a score of 1; the line that is called from is drawn by what was held back
_SMOOTHING = 30
_FEWEST_BLOCKS = 5
_MOST_ROWS = 200_000
_CHUNK = HOUR
_GONE = frozenset({"over", *(each.word for each in Standing if not each.active)})
_AFTER = 10  # rows after an alarm is gone that are left out, too

Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Taught:
    """One asset's model with what is to be known of it. `line`: the score from which it is called."""

    asset: str
    learnt: Learnt
    line: float
    rows: int  # that were recorded
    clean: int  # of them
    held_back: int  # of them
    peaks: Array  # (blocks,): the highest scores of what was held back that lasted as long as it takes to be called
    ranges: dict[str, tuple[float, float]]
    stood: tuple[int, ...]  # rows, of each sensor, at most
    left_out: dict[str, str]

    @property
    def false_alarms(self) -> int:
        """Blocks of what was held back that pass the line."""
        return int((self.peaks >= self.line).sum())


def taught(
    twin: Twin, record: Record, assets: Sequence[str], start: int, end: int, step_ns: int = 10 * SECOND, per_month: float = 1.0,
    conditions: Sequence[str] = (), ignored: Sequence[str] = (), where: str = "",
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False,
) -> list[Taught]:  # fmt: skip
    """One for each asset. Raises InputError where there is too little to learn from, or where it was cancelled."""
    faults: list[str] = []
    scope = Scope(twin, tuple(assets), lambda place, said, remedy: faults.append(f"{said}; {remedy}"))
    wheres = [scope.formula(where, asset, ("where",)) if where else None for asset in assets]
    asked = [[scope.path(name, asset, ()) for name in conditions] for asset in assets]
    if faults:
        raise InputError(faults[0])
    recorded = {channel.path for channel in record.channels}
    sensors = [
        [tag for tag in sensors_of(twin, asset, ignored, set(c)) if tag.path in recorded]
        for asset, c in zip(assets, asked, strict=True)
    ]
    more = [list(each.names) if each is not None else [] for each in wheres]
    grids = [
        Grid([scope.tags[path] for path in dict.fromkeys([*(tag.path for tag in own), *c, *w])], step_ns, 1)
        for own, c, w in zip(sensors, asked, more, strict=True)
    ]
    times, rows = read_rows(record, grids, start, end, watch, cancelled)
    events = list(record.events(start, end))
    found = []
    for k, asset in enumerate(assets):
        wheres_k = wheres[k]
        clean = ~_spoilt(times[k], events, twin, asset, step_ns)
        if wheres_k is not None:
            clean &= np.array([holds(wheres_k, grids[k].paths, row) for row in rows[k]], bool)
        found.append(_taught(asset, sensors[k], asked[k], grids[k].paths, rows[k], clean, step_ns, per_month, cancelled))
        watch((k + 1) / len(assets), f"learning {asset}")
    return found


def line_of(peaks: Array, per_block: float) -> float:
    """The score that a block's highest passes with a probability of `per_block`, by Gumbel's distribution of largest values
    (1958) fitted by moments; never below 1."""
    if len(peaks) < 2:
        return 2.0
    beta = float(np.std(peaks, ddof=1)) * np.sqrt(6) / np.pi
    middle = float(np.mean(peaks)) - 0.5772 * beta
    return max(1.0, middle - beta * float(np.log(-np.log1p(-min(per_block, 0.5)))))


def lasting(scores: Array, rows: int) -> Array:
    """(n,): the lowest of so many rows that end there, for what is called has lasted; a row that tells nothing ends it."""
    padded = np.concatenate([np.zeros(rows - 1), np.nan_to_num(scores)])
    return np.where(np.isfinite(scores), np.lib.stride_tricks.sliding_window_view(padded, rows).min(axis=1), np.nan)


def _taught(
    asset: str, sensors: list[Tag], conditions: list[str], paths: tuple[str, ...], rows: Array, clean: NDArray[np.bool_],
    step_ns: int, per_month: float, cancelled: Cancelled,
) -> Taught:  # fmt: skip
    good = rows[clean]
    if len(good) < FEWEST:
        said = f"{asset}: {len(good)} clean rows of {format_duration(step_ns)} of {len(rows)} are too few to learn from"
        raise InputError(f"{said}; record {FEWEST} or more without alarms, or take a smaller --step")
    n, tried = round(_TAUGHT * len(good)), round(_TRIED * len(good))
    place = {path: i for i, path in enumerate(paths)}
    reasons = {tag.path: _reason(good[:n, place[tag.path]]) for tag in sensors}
    while True:
        kept = [tag.path for tag in sensors if not reasons[tag.path]]
        if not kept:
            raise InputError(f"{asset} has no tag that tells anything in this stretch; choose a longer one with --from and --to")
        columns = good[:, [place[path] for path in (*kept, *conditions)]]
        names = tuple(named_in(path, asset) for path in kept), tuple(named_in(path, asset) for path in conditions)
        learnt = learn(columns[:n], *names, _ROW_SHARE, _SMOOTHING, cancelled)
        restless = _restless(Detector(learnt), columns[n:tried])
        if not restless:
            break
        reasons |= {
            path: "wanders farther off than was taught, while all is well" for path in kept if named_in(path, asset) in restless
        }
    scores = _scores(Detector(learnt), columns[n:])[tried - n :]
    peaks = _peaks(lasting(scores, 1 + math.ceil(HELD / step_ns)), learnt.smoothing)
    line = line_of(peaks, per_month * learnt.smoothing * step_ns / MONTH)
    ranges = {
        name: (float(np.nanmin(columns[:n, i])), float(np.nanmax(columns[:n, i])))
        for i, name in enumerate((*names[0], *names[1]))
    }
    left_out = {named_in(path, asset): reason for path, reason in reasons.items() if reason}
    stood = longest(columns[:, : len(kept)])
    return Taught(asset, learnt, line, len(rows), len(good), len(scores), peaks, ranges, stood, left_out)


def _restless(detector: Detector, rows: Array) -> set[str]:
    """Who is the first to be accused in clean rows, by far and more than once in a while."""
    found = (verdict for verdict in detector.verdicts(rows) if verdict.anomaly and verdict.score > _RESTLESS)
    times = Counter(verdict.guilty[0] for verdict in found if verdict.guilty)
    return {name for name, count in times.items() if count > _SINGLE * len(rows)}


def _scores(detector: Detector, rows: Array) -> Array:
    return np.array([verdict.score for verdict in detector.verdicts(rows)])


def sensors_of(twin: Twin, asset: str, ignored: Sequence[str], conditions: set[str]) -> Iterator[Tag]:
    """The numbers that are measured of it, and the residuals that an estimator tells of it."""
    for path in twin.assets[asset].tags:
        tag = twin.tags[path]
        measured = tag.kind is TagKind.NUMBER and not tag.computed and not tag.writable
        if measured and path not in conditions and tag.name not in ignored:
            yield tag
    for path, tag in twin.estimated.items():
        name = path.removeprefix(f"{asset}.")
        if path.startswith(f"{asset}.") and path.endswith(".residual") and name not in ignored and path not in conditions:
            yield tag


def read_rows(
    record: Record, grids: list[Grid], start: int, end: int, watch: Watch, cancelled: Cancelled
) -> tuple[list[NDArray[np.int64]], list[Array]]:
    """(n,) ends of steps and (n, k) rows of each grid."""
    times: list[list[int]] = [[] for _ in grids]
    rows: list[list[Array]] = [[] for _ in grids]
    paths = list(dict.fromkeys(path for grid in grids for path in grid.paths))
    for grid in grids:
        grid.restore(record.at(start))
    for begin in range(start, end, _CHUNK):
        until = min(begin + _CHUNK, end)
        samples = record.between(begin, until, paths)
        for k, grid in enumerate(grids):
            grid.take(samples)
            for time, row in grid.until(until):
                times[k].append(time)
                rows[k].append(row[-1])
        watch((until - start) / (end - start), "reading")
        if cancelled():
            raise InputError("stopped before all was learnt; nothing was written")
        if len(rows[0]) > _MOST_ROWS:
            raise InputError(
                f"this stretch has more than {_MOST_ROWS:,} rows; take a longer --step, or a part with --from and --to"
            )
    shapes = [(len(found), len(grid.paths)) for found, grid in zip(rows, grids, strict=True)]
    told = [np.array(found, float).reshape(shape) for found, shape in zip(rows, shapes, strict=True)]
    return [np.array(each, np.int64) for each in times], told


def _spoilt(times: NDArray[np.int64], events: list[Event], twin: Twin, asset: str, step_ns: int) -> NDArray[np.bool_]:
    """Rows in which an alarm or a prediction of the asset, or of something in it, stood, and shortly after."""
    spoilt = np.zeros(len(times), bool)
    since: dict[str, int] = {}
    last = int(times[-1]) if len(times) else 0
    for event in events:
        if event.kind not in (EventKind.ALARM, EventKind.PREDICTION) or not _is_of(event, twin, asset):
            continue
        active = event.stands and event.data.get("state") not in _GONE
        if active:
            since.setdefault(event.key, event.time)
        elif (begun := since.pop(event.key, None)) is not None:
            spoilt |= (times > begun) & (times <= event.time + _AFTER * step_ns)
    for begun in since.values():
        spoilt |= (times > begun) & (times <= last)
    return spoilt


def _is_of(event: Event, twin: Twin, asset: str) -> bool:
    owner = twin.tags[event.subject].asset if event.subject in twin.tags else event.subject
    return owner == asset or owner.startswith(f"{asset}/")


def _peaks(scores: Array, block: int) -> Array:
    """The highest score of each whole block; fewer than a few blocks tell nothing, and are made shorter."""
    known = scores[np.isfinite(scores)]
    block = max(1, min(block, len(known) // _FEWEST_BLOCKS))
    n = len(known) // block
    return known[: n * block].reshape(n, block).max(axis=1) if n else np.zeros(0)


def _reason(values: Array) -> str:
    """Why a tag is no evidence."""
    seen = values[np.isfinite(values)]
    if len(seen) < len(values) / 2:
        return "was hardly ever known"
    if (why := unmoved(values)) != "":
        return why
    steps = np.diff(seen)
    return "only ever rises, like a counter" if (steps >= 0).all() or (steps <= 0).all() else ""


def named_in(path: str, asset: str) -> str:
    """A tag's path as it is called within its asset."""
    return path.removeprefix(f"{asset}.") if asset else path
