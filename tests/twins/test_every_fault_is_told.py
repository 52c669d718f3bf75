"""Every fault that a package declares is alarmed or predicted by the station itself, on the asset that has it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.twins.soft_plant import SoftLog
from twins.asset import Twin
from twins.clock import MINUTE, SECOND, parse_time
from twins.emulator.instruments import Instruments
from twins.package.loader import load
from twins.prognosis.recognition.model_file import NAME
from twins.record import EventKind, Samples
from twins.simulation.composition import composed
from twins.simulation.ensemble import Ensemble, longest_step
from twins.simulation.faults import injections
from twins.station.unwired import Unwired

PACKAGES = Path(__file__).parents[2] / "resources" / "twins"
WINTER, SUMMER = parse_time("2026-01-20T07:20:00Z"), parse_time("2026-07-14T08:00:00Z")  # on a Tuesday morning all are at work
STEP, FINE, SETTLED, SOUND = MINUTE, 10 * SECOND, 2 * MINUTE, MINUTE
LONGEST = 90 * MINUTE
MANAGEABLE = 2 / (10 * MINUTE)  # alarms that one operator can manage (ISA-18.2, IEC 62682)
PLANTS = 3  # among which the faults are parted


class Told(SoftLog):
    """How often each alarm was raised and each prediction said; samples are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms: Counter[str] = Counter()
        self.predictions: Counter[str] = Counter()
        self.failed: list[str] = []

    def append(self, samples, events=(), desk=None):
        for event in events:
            state = event.data.get("state")
            if event.kind is EventKind.ALARM and state == "unacknowledged":
                self.alarms[event.key] += 1
            if event.kind is EventKind.PREDICTION and event.stands:
                self.predictions[event.key] += 1
            if event.kind is EventKind.STATION and state not in ("started", "heartbeat"):
                self.failed.append(f"{state}: {event.data.get('message')}")


class Member:
    """What a station needs of a plant, of one member of an ensemble."""

    def __init__(self, models: Ensemble, member: int) -> None:
        self.twin, self.time, self._models = models.twin, models.time, models
        self.instruments = Instruments(models, models.time, member)

    def run_to(self, t: int) -> Samples:
        told = self.instruments.due(self._models.time) if t >= self.time + SECOND else self.instruments.joined([])
        self.time = self._models.time
        return told


def unestimated(twin: Twin) -> Twin:
    """Following twenty plants would take minutes; what an estimator sees of faults has tests of its own."""
    bare = {
        path: replace(asset, model={key: value for key, value in asset.model.items() if key != "estimate"})
        for path, asset in twin.assets.items()
    }
    return replace(twin, assets=bare)


def kinds(twin: Twin) -> list[str]:
    """A fault of each kind of model that declares it, on one of its assets; where it can be, on one that has no other."""
    found: dict[tuple[str, str], list[str]] = {}
    nested = tuple(f"{root}/" for root in twin.roots if root)  # those have packages of their own
    for path, asset in twin.assets.items():
        for fault in () if path.startswith(nested) else asset.faults:
            found.setdefault((str(asset.model.get("physics", asset.type)), fault), []).append(f"{path}.{fault}")
    taken: Counter[str] = Counter()
    for paths in found.values():
        paths.sort(key=lambda each: taken[each.rpartition(".")[0]])
        taken[paths[0].rpartition(".")[0]] += 1
    return [paths[0] for paths in found.values()]


def parted(faults: list[str], plants: int) -> list[list[str]]:
    """Among so many plants, or more: no asset has two."""
    found: list[list[str]] = [[] for _ in range(plants)]
    for fault in faults:
        asset = fault.rpartition(".")[0]
        fitting = [each for each in found if asset not in {other.rpartition(".")[0] for other in each}]
        if not fitting:
            found.append(fitting := [])
            fitting = [fitting]
        min(fitting, key=len).append(fault)
    return [each for each in found if each]


def untold(twin: Twin, plants: list[list[str]], morning: int, step: int) -> list[str]:
    """The faults that nothing tells in time, or that are told of a sound plant with the same seed as often."""
    step = min(step, longest_step(composed(twin, 0)))
    begins = morning - SETTLED // step * step
    models = Ensemble(twin, begins, step, members=len(plants) + 1, stand_ins=True)
    while models.time < morning:
        models.advance()
    members = [Member(models, k) for k in range(len(plants) + 1)]
    logs = [Told() for _ in members]
    stations = [Unwired(each, log) for each, log in zip(members, logs, strict=True)]
    for k, faults in enumerate(plants):
        for fault in injections([f"{fault}@{SOUND // SECOND}s" for fault in faults], twin, morning):
            models.inject(fault, k) if fault.parameter else members[k].instruments.spoil(fault)
    left = {k: set(faults) for k, faults in enumerate(plants)}
    while any(left.values()) and models.time < morning + LONGEST:
        models.advance()
        for k, station in enumerate(stations):
            if left.get(k, True):
                station.time = models.time - 1  # one turn a step
                station.run_to(models.time)
        for k, faults in left.items():
            faults -= {fault for fault in faults if _tells(logs[k], logs[-1], fault.rpartition(".")[0])}
    assert not [said for log in logs for said in log.failed]
    assert not logs[-1].predictions
    assert logs[-1].alarms.total() <= 1 + MANAGEABLE * (models.time - morning)
    return sorted(fault for faults in left.values() for fault in faults)


def _tells(told: Told, sound: Told, asset: str) -> bool:
    more = (told.alarms - sound.alarms) + told.predictions
    return any(key.startswith((f"{asset}.", f"{asset}/")) for key in more)


def shipped() -> list[str]:
    """But those that learnt by rehearsal how faults look to an estimator, which have tests of their own."""
    folders = [each for each in PACKAGES.iterdir() if (each / "twin.yaml").exists()]
    return sorted(each.name for each in folders if not (each / NAME).exists())


@pytest.mark.parametrize("name", shipped())
def test_that_every_fault_is_alarmed_or_predicted_and_a_sound_plant_is_left_alone(name: str) -> None:
    twin = unestimated(load(PACKAGES / name))
    faults = kinds(twin)
    assert faults
    left = untold(twin, parted(faults, PLANTS), WINTER, STEP)
    if left:  # one may hide another, what stands still shows nothing, and predictors look more often
        left = untold(twin, parted(left, len(left)), SUMMER, FINE)
    assert not left
