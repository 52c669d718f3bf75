"""Forking: an ensemble that stands where the plant, or another branch, stood at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from twins import InputError
from twins.asset import Twin
from twins.clock import DAY, HOUR, MINUTE, SECOND, format_duration, format_time
from twins.historian.days import Record
from twins.physics import forkable, modelled
from twins.record import Event, EventKind
from twins.simulation.as_estimated import AsEstimated
from twins.simulation.branch import held_in
from twins.simulation.changes import named_parameter
from twins.simulation.ensemble import Ensemble, Held
from twins.simulation.executor import Watch
from twins.simulation.faults import injections
from twins.simulation.measured import Measured
from twins.simulation.members import ESTIMATOR, held_by, in_the_middle, instant_of
from twins.simulation.run import step_on
from twins.simulation.scenario import Scenario

_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)  # s
_MANY = 8_640
_LONGEST, _MOST_STEPS = 3_660 * DAY, 2_000_000
_SPIN_STEPS = 180
_FRESH = 10 * MINUTE  # an estimate that is older says little of now


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run begins: a record and an instant of it (ns UTC), or nothing; of a branch, a checkpoint."""

    at: int
    record: Record | None = None
    checkpoint: Event | None = None
    scenario: Scenario | None = None  # of the branch that it leaves; its times are from `at` on


def step_for(duration: int, wanted: int, longest: int) -> int:
    """The step of a run, ns: as it is wanted, else one that takes some thousand. Raises InputError for what never ends."""
    if duration > _LONGEST:
        raise InputError(f"{format_duration(duration)} is too long; a run goes over {format_duration(_LONGEST)} at most")
    step = _step_for(duration, wanted, longest)
    if duration // step > _MOST_STEPS:
        raise InputError(f"{duration // step:,} steps are too many; take a longer step, or a shorter time")
    return step


def _step_for(duration: int, wanted: int, longest: int) -> int:
    if wanted:
        return min(wanted, longest)
    return min(next((s * SECOND for s in _STEPS if s * SECOND * _MANY >= duration), _STEPS[-1] * SECOND), longest)


def forked(
    twin: Twin, origin: Origin, scenario: Scenario, step_ns: int, watch: Watch = lambda done, what: None
) -> tuple[Ensemble, Measured | None]:
    """The models at `origin.at`, changed as the scenario has it, and what drives them from there on (None: nothing was measured).

    From a checkpoint it goes on to the bit; else the models are driven through the measurements before the fork, then stand as
    they were measured there. Raises InputError.
    """
    if origin.checkpoint is not None:
        return _from_checkpoint(twin, origin, scenario)
    if origin.record is not None and _unforkable(twin):
        return _driven_in(twin, origin, scenario, step_ns, watch)
    held, _ = spun_up(twin, origin, scenario, climate=False, watch=watch)
    models = begun(twin, scenario, origin.at, step_ns, held)
    return models, Measured(origin.record, models) if origin.record is not None else None


def begun(
    twin: Twin, scenario: Scenario, at: int, step_ns: int, held: Held | None,
    around: Mapping[str, Mapping[str, float]] = MappingProxyType({}), members: int = 1, first: int = 0,
) -> Ensemble:  # fmt: skip
    """The members that begin at an instant from what was held there, changed as the scenario has it. Raises InputError."""
    models = Ensemble(scenario.varied(twin), at, step_ns, scenario.seed, members, first, still=scenario.still)
    if held is not None:
        models.take(_but_for(scenario, held, twin))
    _tended(models, around, scenario)
    _broken(models, twin, scenario, at)
    return models


def _unforkable(twin: Twin) -> list[str]:
    """What models can't hand their state on, as the package calls them."""
    written = [asset.model for asset in twin.assets.values() if modelled(asset.model)]
    return sorted({str(each.get("fmu") or each["physics"]) for each in written if not forkable(each)})


def _driven_in(twin: Twin, origin: Origin, scenario: Scenario, step_ns: int, watch: Watch) -> tuple[Ensemble, Measured]:
    """Where a model can't hand its state on, the run itself goes through the measurements before the fork."""
    assert origin.record is not None
    n = scenario.spin_up // step_ns
    models = Ensemble(scenario.varied(twin), origin.at - n * step_ns, step_ns, scenario.seed, still=scenario.still)
    measured = Measured(origin.record, models)
    _settle(models, measured, n, watch)
    if not scenario.recorded:
        measured.release()
    _broken(models, twin, scenario, origin.at)
    return models, measured


def spun_up(
    twin: Twin, origin: Origin, scenario: Scenario, *, climate: bool, watch: Watch, followers: bool = False
) -> tuple[Held | None, Mapping[str, Mapping[str, float]]]:
    """What the models hold at the fork after the measurements before it, and what the weather tends to.

    Where an estimator followed the plant, they go on from it: from the mean of its members, or from all its `followers`.
    """
    if origin.record is None:
        return None, {}
    if (estimate := estimate_before(origin.record, origin.at)) is not None and (known := held_by(estimate, True)) is not None:
        return _from_estimate(twin, origin, scenario, estimate, known if followers else in_the_middle(known), climate, watch)
    refuse_long_spin_up(scenario)
    step = max(SECOND, min(MINUTE, scenario.spin_up // _SPIN_STEPS))
    n = scenario.spin_up // step
    models = Ensemble(twin, origin.at - n * step, step, scenario.seed, still=True)
    measured = Measured(origin.record, models)
    _settle(models, measured, n, watch, climate=climate)
    return models.held(), _climate(models) if climate else {}


def _from_estimate(
    twin: Twin, origin: Origin, scenario: Scenario, estimate: Event, known: Held, climate: bool, watch: Watch
) -> tuple[Held, Mapping[str, Mapping[str, float]]]:
    """Through what was measured since, and with the parameters that were estimated since."""
    assert origin.record is not None
    n = max((origin.at - instant_of(estimate)) // SECOND, 0)
    members = next((len(values) for asset in known["state"].values() for values in asset.values()), 1)
    models = Ensemble(twin, origin.at - n * SECOND, SECOND, scenario.seed, members, still=True)
    models.take(known)
    since = AsEstimated(origin.record, models, n)
    _settle(models, Measured(origin.record, models), n, watch, climate=climate, since=since)
    return models.held(), _climate(models) if climate else {}


def _climate(models: Ensemble) -> Mapping[str, Mapping[str, float]]:
    """What the weather tends to."""
    return {
        group.name: {v.name: float(group.parameters[row, 0, 0]) for row, v in enumerate(group.model.parameters) if v.told}
        for group in models.groups
        if group.surrounds
    }


def _settle(
    models: Ensemble, measured: Measured, n: int, watch: Watch, *, climate: bool = False, since: AsEstimated | None = None
) -> None:
    """Through n steps of measurements; at their end everything stands as it was measured, or as it was estimated `since`."""
    measured.resume(models.time, kept=since is not None)
    measured.resume_weather(models.time)
    for k in range(n):
        measured.drive(models.time)
        measured.follow_weather(models.time)
        if since is not None:
            since.follow(models.time)
        models.advance()
        watch(k / max(n, 1), "settling on what was measured")
    measured.drive(models.time)
    if since is not None:
        since.follow(models.time)
    measured.resume(models.time)
    measured.resume_weather(models.time, climate=climate)


def _tended(models: Ensemble, around: Mapping[str, Mapping[str, float]], scenario: Scenario) -> None:
    """The weather tends to what it was; a parameter that the scenario sets is as it says."""
    for name, values in around.items():
        group = models.around(name)
        for parameter, value in values.items():
            if group is not None and f"{name}.{parameter}" not in scenario.parameters:
                group.parameters[group.row("parameters", parameter)] = value


def _from_checkpoint(twin: Twin, origin: Origin, scenario: Scenario) -> tuple[Ensemble, Measured | None]:
    """Goes on from the checkpoint as the branch did, up to the fork; from there on as the scenario has it."""
    if inside := _unforkable(twin):
        raise InputError(f"the state inside {', '.join(inside)} can't be copied; begin from the record instead of from a what-if")
    event, before = origin.checkpoint, origin.scenario
    assert event is not None
    assert before is not None
    models = _restored(before.varied(twin), event, before)
    _broken(models, twin, before, origin.at)
    measured = Measured(origin.record, models) if origin.record is not None else None
    while models.time < origin.at:
        step_on(models, measured, before, origin.at)
    held = models.held()
    merged = _restored(scenario.varied(twin), event, scenario)
    merged.steps = models.steps
    merged.take(_but_for(scenario, held, twin))
    _broken(merged, twin, scenario, origin.at)
    return merged, Measured(origin.record, merged) if origin.record is not None else None


def _restored(twin: Twin, event: Event, scenario: Scenario) -> Ensemble:
    start, step, steps = (event.data[key] for key in ("start", "step", "steps"))
    if not (isinstance(start, int) and isinstance(step, int) and isinstance(steps, int)):
        raise InputError("the branch's checkpoint can't be read; run it again")
    models = Ensemble(twin, start, step, scenario.seed, still=scenario.still)
    models.steps = steps
    models.take(held_in(event))
    return models


def _broken(models: Ensemble, twin: Twin, scenario: Scenario, at: int) -> None:
    """Faults of the scenario are set to begin. Raises InputError."""
    for fault in injections(scenario.faults, twin, at):
        if not fault.parameter:
            raise InputError(f"{fault.name} is a fault of an instrument, not of the plant; a what-if has no instruments")
        models.inject(fault)


def _but_for(scenario: Scenario, held: Held, twin: Twin) -> Held:
    """What is held without the parameters that the scenario sets."""
    said = {
        (asset, named_parameter(twin, asset, word)) for asset, _, word in (key.rpartition(".") for key in scenario.parameters)
    }
    kept = {
        path: {name: values for name, values in each.items() if (path, name) not in said}
        for path, each in held.get("parameters", {}).items()
    }
    return {**held, "parameters": kept}


def estimate_before(record: Record, at: int) -> Event | None:
    """The newest checkpoint of an estimator that was known at an instant; None where that is long ago."""
    found = [event for event in record.events(at - _FRESH, at + 1, (EventKind.CHECKPOINT,)) if event.subject == ESTIMATOR]
    return found[-1] if found else None


def checkpoint_before(branch: Record, at: int) -> Event | None:
    """The newest one at or before an instant."""
    found = branch.events(at - 400 * HOUR * 24, at + 1, (EventKind.CHECKPOINT,))
    return found[-1] if found else None


def refuse_long_spin_up(scenario: Scenario) -> None:
    """Raises InputError."""
    if scenario.spin_up > 30 * DAY:
        raise InputError(f"a spin-up of {format_duration(scenario.spin_up)} is too long; 30 d are the most")


def refuse_outside(record: Record, at: int, name: str) -> None:
    """Raises InputError where there is nothing to fork from."""
    span = record.span()
    if span is None:
        raise InputError(f"{name} is empty; there is nothing to begin from")
    if not span[0] <= at <= span[1]:
        held = f"{format_time(span[0])} to {format_time(span[1])}"
        raise InputError(f"{format_time(at)} is outside {name}, which holds {held}; choose an instant within")


def shifted(scenario: Scenario, by: int) -> Scenario:
    """The same, told from an instant `by` ns later on."""
    return replace(
        scenario,
        inputs={key: tuple((at - by, value) for at, value in series) for key, series in scenario.inputs.items()},
        orders=tuple(replace(each, after=each.after - by) for each in scenario.orders),
    )
