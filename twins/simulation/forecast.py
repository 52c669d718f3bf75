"""A forecast: many members go on from now, each in a weather of its own; what they tell becomes a band for every tag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twins import InputError
from twins.asset import Tag, TagKind, Twin
from twins.clock import HOUR, MINUTE, SECOND
from twins.package.loader import load_zipped
from twins.physics import Array
from twins.record import Channel, Quality, Reason, Samples, quality_byte
from twins.simulation.band import band
from twins.simulation.branch import Branch, refuse_to_replace
from twins.simulation.composition import composed
from twins.simulation.crossings import Crossings
from twins.simulation.ensemble import Ensemble, Held, longest_step
from twins.simulation.executor import Executor, Here, Watch, shares
from twins.simulation.forking import begun, spun_up, step_for
from twins.simulation.run import Cancelled, RunCancelled, run
from twins.simulation.scenario import Scenario
from twins.simulation.whatif import Findings, Lost, origin_of, run_told, told_of

FORECAST = "forecast"
MEMBERS = 256
HORIZON = 24 * HOUR
_SUFFIXES = (".p05", ".p50", ".p95")
_FEWEST, _MOST_INSTANTS, _USUAL = 72, 288, 5 * MINUTE
_LARGEST = 4 << 30  # bytes of what all members tell
_NO_NUMBER = quality_byte(Quality.BAD, Reason.INPUT_BAD)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some members of a forecast, as plain data that can be sent anywhere."""

    package: bytes
    scenario: Scenario
    at: int
    horizon: int
    step: int
    every: int
    first: int
    members: int
    held: Held | None
    around: Mapping[str, Mapping[str, float]]


def forecast(
    twin: Twin,
    package: bytes,
    source: Path | None,
    at: int,
    scenario: Scenario,
    place: Path,
    members: int = MEMBERS,
    executor: Executor | None = None,
    watch: Watch = lambda done, what: None,
    cancelled: Cancelled = lambda: False,
) -> Findings:
    """From `at` (ns UTC) of a record, knowing nothing later; writes the forecast at `place`. Raises InputError."""
    refuse_to_replace(place)
    horizon = scenario.duration or HORIZON
    wanted = scenario.step or (MINUTE if horizon > 2 * HOUR else 10 * SECOND)
    step = step_for(horizon, wanted, longest_step(composed(twin, 0)))
    instants = min(max(horizon // _USUAL, _FEWEST), _MOST_INSTANTS)
    every = max(1, round(horizon / step / instants))
    if (size := (horizon // step // every) * len(twin.tags) * members * 8) > _LARGEST:
        raise InputError(f"{members:,} members of it need {size >> 30} GB; take fewer, or a shorter time")
    whole = replace(scenario, recorded=False, duration=horizon, step=step)
    with origin_of(source, at, twin, whole) as (origin, _, facts):
        held, around = spun_up(twin, origin, whole, climate=True, watch=lambda d, what: watch(0.1 * d, what), followers=True)
    facts = {**facts, "lane": FORECAST, "run": json.dumps(run_told(whole, at, twin) | {"members": members})}
    where = executor or Here()
    pieces = [
        Piece(package, whole, at, horizon, step, every, first, n, held, around) for first, n in shares(members, where.width)
    ]

    def seen(done: float, what: str) -> None:
        watch(0.1 + 0.85 * done, what or f"{members} members")
        if cancelled():
            raise RunCancelled("the forecast was cancelled; nothing was written")

    times, told = joined(where, pieces, seen)
    models = ensemble_of(replace(pieces[0], members=1), twin)
    with Branch(place, package, twin.id, at, facts) as branch:
        anew = f"{', '.join(models.unforkable)} began from start values, as what is inside such a model can't be copied"
        notes = (anew,) if models.unforkable and source is not None else ()
        return _written(models, times, told, branch, at, every, notes)


def joined(where: Executor, pieces: list[Piece], watch: Watch) -> tuple[list[int], Array]:
    """(instants, (instant, tag, member)) of all pieces."""
    results = list(where.map(members_told, pieces, watch))
    return results[0][0], np.concatenate([told for _, told in results], axis=2)


def members_told(piece: Piece, watch: Watch) -> tuple[list[int], Array]:
    """What the members of a piece tell: (instants, (instant, tag, member))."""
    twin = load_zipped(piece.package)
    models = ensemble_of(piece, twin)
    end = piece.at + piece.horizon
    found = list(run(models, None, piece.scenario, piece.at, end, piece.every, watch))
    return [time for time, _ in found], np.stack([told for _, told in found])


def ensemble_of(piece: Piece, twin: Twin) -> Ensemble:
    """The members of a piece where they begin."""
    return begun(twin, piece.scenario, piece.at, piece.step, piece.held, piece.around, piece.members, piece.first)


def _written(
    models: Ensemble, times: list[int], told: Array, branch: Branch, at: int, every: int, notes: tuple[str, ...]
) -> Findings:
    crossings, lost = Crossings(models.tags, told.shape[2]), Lost(models, told.shape[2])
    for time, values in zip(times, told, strict=True):
        crossings.see(time, values)
        lost.see(time, values)
    period = models.step_ns * every
    for i, tag in enumerate(models.tags):
        if tag.kind is not TagKind.TEXT:
            for samples in banded(tag, np.array(times, np.int64), told[:, i], period):
                branch.add(samples)
    findings = Findings(at, times[-1], models.step_ns, tuple(crossings.found()), lost.sentences(), notes)
    branch.conclude(told_of(findings))
    return findings


def banded(tag: Tag, times: np.ndarray, told: Array, period: int) -> list[Samples]:
    """A tag's median under its own name and its quantiles beside it; of what is no number, what most members tell.

    `told` is (instant, member). Where over a twentieth of the members have no number, the band is BAD.
    """
    lost = np.isnan(told).mean(axis=1) > 0.05
    quality = np.where(lost, _NO_NUMBER, 0).astype(np.uint8)
    if tag.kind not in (TagKind.NUMBER, TagKind.INTEGER):
        return [
            Samples.numbers(Channel(tag.path, tag.kind, tag.unit, period, values=tag.values), times, _most(told), quality=quality)
        ]
    low, middle, high = _quantiles(tag, told)
    made = []
    for suffix, values in zip(("", *_SUFFIXES), (middle, low, middle, high), strict=True):
        kind = tag.kind if not suffix else TagKind.NUMBER
        whole = np.rint(np.nan_to_num(values)) if kind is TagKind.INTEGER else values
        made.append(Samples.numbers(Channel(tag.path + suffix, kind, tag.unit, period), times, whole, quality=quality))
    return made


def _quantiles(tag: Tag, told: Array) -> tuple[Array, Array, Array]:
    middle = np.zeros((len(told), 1))
    turns = tag.unit == "deg" and tag.range == (0.0, 360.0)
    if turns:  # about where most point, so that north is no border
        middle = np.degrees(np.angle(np.nanmean(np.exp(1j * np.radians(told)), axis=1)))[:, None]
        told = (told - middle + 180) % 360 - 180
    low, mid, high = band(told, axis=1) + middle.T
    return (low % 360, mid % 360, high % 360) if turns else (low, mid, high)


def _most(told: Array) -> Array:
    """The code that most members tell, the lowest of several."""
    codes = np.nan_to_num(told).astype(np.int64)
    counts = np.stack([(codes == code).sum(axis=1) for code in range(int(codes.max(initial=0)) + 1)])
    return counts.argmax(axis=0).astype(float)
