"""A what-if: the plant from an instant on as it would go were something otherwise; a branch of its record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twins import InputError
from twins.asset import Twin
from twins.clock import HOUR, MINUTE, SECOND, format_time
from twins.historian.days import Record, open_record
from twins.simulation.branch import Branch, Columns, checkpoint, refuse_to_replace
from twins.simulation.changes import Order
from twins.simulation.composition import composed
from twins.simulation.crossings import Crossing, Crossings
from twins.simulation.ensemble import Ensemble, longest_step
from twins.simulation.executor import Watch
from twins.simulation.faults import injections
from twins.simulation.forking import Origin, checkpoint_before, forked, refuse_outside, shifted, step_for
from twins.simulation.run import Cancelled, run
from twins.simulation.scenario import Scenario

WHAT_IF = "what-if"
_CHECKPOINTS, _CHECKPOINT_NUMBERS = 200, 1_000_000


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of a run: its span (ns UTC), steps of `step` ns, the limits passed, and sentences about what has no value."""

    start: int
    end: int
    step: int
    crossings: tuple[Crossing, ...]
    lost: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what a sandbox could not enforce, where an FMU began anew, what comes too late


def what_if(
    twin: Twin,
    package: bytes,
    source: Path | None,
    at: int,
    scenario: Scenario,
    place: Path,
    watch: Watch = lambda done, what: None,
    cancelled: Cancelled = lambda: False,
) -> Findings:
    """Runs a scenario from `at` (ns UTC) of a record or a branch, and writes the new branch at `place`. Raises InputError."""
    refuse_to_replace(place)
    with origin_of(source, at, twin, scenario) as (origin, whole, facts):
        duration = whole.duration or HOUR
        step = _step_in(origin) or step_for(duration, whole.step, longest_step(composed(twin, 0)))
        models, measured = forked(twin, origin, whole, step, watch=lambda done, what: watch(0.1 * done, what))
        facts = {**facts, "run": json.dumps(run_told(replace(whole, duration=duration, step=step), at, twin), ensure_ascii=False)}
        with Branch(place, package, twin.id, at, facts) as branch:
            steps = run(models, measured, whole, at, at + duration, 1, watch, cancelled)
            late = tuple(sentence for _, sentence in scenario.late(duration))
            return _written(models, steps, branch, at, duration, late)


def _written(
    models: Ensemble, steps: Iterator[tuple[int, np.ndarray]], branch: Branch, at: int, duration: int, late: tuple[str, ...]
) -> Findings:
    words = {each.tag.path: each.words for each in models.bounds}
    columns = Columns(models.tags, models.step_ns, words)
    crossings, lost = Crossings(models.tags, 1), Lost(models, 1)
    every, due = max(MINUTE, duration // _checkpoints(models)), at
    time = at
    for time, told in steps:
        crossings.see(time, told)
        lost.see(time, told)
        due, events = (time + every, (checkpoint(models),)) if time >= due else (due, ())
        branch.add(columns.samples(time, told[:, 0]), events)
    findings = Findings(at, time, models.step_ns, tuple(crossings.found()), lost.sentences(), (*models.notes, *late))
    branch.conclude(told_of(findings))
    return findings


def _checkpoints(models: Ensemble) -> int:
    """How many are kept: some hundred, fewer where each of them is large."""
    numbers = sum(
        len(group.instances) * len(declared)
        for group in models.groups
        for declared in (group.model.states, group.model.inputs, group.model.outputs)
    )
    return max(2, min(_CHECKPOINTS, _CHECKPOINT_NUMBERS // max(numbers, 1)))


class Lost:
    """Tags for which a model gave no number, and since when."""

    def __init__(self, models: Ensemble, members: int) -> None:
        self._tags = models.tags
        self._own = len(models.readout.tags)
        self._since: dict[int, tuple[int, int]] = {}
        self._members = members

    def see(self, time: int, told: np.ndarray) -> None:
        """`told` (tag, member)."""
        missing = np.isnan(told[: self._own]).sum(axis=1)
        for i in np.flatnonzero(missing):
            self._since.setdefault(int(i), (time, int(missing[i])))

    def sentences(self) -> tuple[str, ...]:
        """One a tag."""
        return tuple(
            f"{self._tags[i].path} has no value from {format_time(time)} on"
            + (f" in {n} of {self._members} members" if self._members > 1 else "")
            + ": its model diverged; take a shorter step, or look at what was changed"
            for i, (time, n) in sorted(self._since.items())
        )


@contextmanager
def origin_of(source: Path | None, at: int, twin: Twin, scenario: Scenario) -> Iterator[tuple[Origin, Scenario, dict[str, str]]]:
    """Where a run begins, the whole scenario that holds from there on, and the facts that say whose branch it is."""
    facts = {"lane": WHAT_IF, "forked_at": str(at)}
    if source is None:
        yield Origin(at), scenario, facts
        return
    with closing(open_record(source)) as recording:
        refuse_outside(recording, at, source.name)
        facts["forked_from"] = recording.meta.get("id", "")
        if "lane" not in recording.meta:
            yield Origin(at, recording), scenario, facts | {"record": str(source.resolve())}
            return
        with _of_branch(recording, source, at, twin, scenario) as (origin, whole, record):
            yield origin, whole, facts | {"record": record}


@contextmanager
def _of_branch(branch: Record, source: Path, at: int, twin: Twin, scenario: Scenario) -> Iterator[tuple[Origin, Scenario, str]]:
    """A branch goes on from its checkpoint, with its own scenario and what the new one has otherwise."""
    meta: Mapping[str, str] = branch.meta
    found = checkpoint_before(branch, at)
    if meta["lane"] != WHAT_IF or found is None:
        raise InputError(f"{source.name} is a forecast, which has no single course to leave; begin from the record or a what-if")
    before = shifted(_read(meta["run"]), at - int(meta["forked_at"]))
    whole = replace(
        scenario,
        seed=before.seed,
        still=before.still,
        recorded=before.recorded and scenario.recorded,
        parameters={**before.parameters, **scenario.parameters},
        inputs={**before.inputs, **scenario.inputs},
        orders=(*before.orders, *scenario.orders),
        faults=(*before.faults, *scenario.faults),
    )
    record = meta.get("record", "")
    if not record:
        yield Origin(at, None, found, before), whole, ""
        return
    path = next(
        (
            each
            for each in (Path(record), source.parent / Path(record).name, source.parent.parent / Path(record).name)
            if each.exists()
        ),
        None,
    )
    if path is None:
        raise InputError(f"{source.name} is a branch of {record}, which is not there; put the record beside it")
    with closing(open_record(path)) as plant:
        yield Origin(at, plant, found, before), whole, str(path.resolve())


def _step_in(origin: Origin) -> int:
    step = origin.checkpoint.data["step"] if origin.checkpoint is not None else 0
    return step if isinstance(step, int) else 0


def run_told(scenario: Scenario, at: int, twin: Twin) -> dict[str, object]:
    """All that is needed to run it again: every fault by its instant, every input by its time from the fork."""
    faults = [
        f"{f'{each.asset}.' if each.asset else ''}{each.name}@{format_time(each.start)}"
        for each in injections(scenario.faults, twin, at)
    ]
    return {
        "name": scenario.name, "description": scenario.description, "duration": scenario.duration, "step": scenario.step,
        "spin_up": scenario.spin_up, "seed": scenario.seed, "recorded": scenario.recorded, "still": scenario.still,
        "parameters": dict(scenario.parameters), "faults": faults,
        "inputs": [[asset, name, [list(pair) for pair in series]] for (asset, name), series in scenario.inputs.items()],
        "orders": [[each.after, each.tag, each.value] for each in scenario.orders],
    }  # fmt: skip


def _read(text: str) -> Scenario:
    told = json.loads(text)
    return Scenario(
        told["name"], told["description"], told["duration"], told["step"], told["spin_up"], told["seed"], told["recorded"],
        told["still"], told["parameters"],
        {(asset, name): tuple((int(at), float(value)) for at, value in series) for asset, name, series in told["inputs"]},
        tuple(Order(int(after), str(tag), float(value)) for after, tag, value in told["orders"]),
        tuple(told["faults"]),
    )  # fmt: skip


def told_of(findings: Findings) -> dict[str, object]:
    """As JSON has it."""
    return {
        "start": format_time(findings.start),
        "end": format_time(findings.end),
        "step": findings.step / SECOND,
        "limits": [
            {
                "tag": c.tag,
                "limit": c.limit,
                "value": c.value,
                "share": c.share,
                "time": format_time(c.time),
                "soonest": format_time(c.soonest),
            }
            for c in findings.crossings
        ],
        "lost": list(findings.lost),
        "notes": list(findings.notes),
    }
