"""The estimator on emulated data whose truth is known: how often its 90 % intervals hold it, and how soon a change is found.

`estimator.py SEEDS MINUTES` for other than the usual few.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twins.asset import Twin
from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.estimator import FOLLOWERS, Estimator
from twins.estimation.following import Following
from twins.estimation.parameters import Wandering
from twins.package.loader import load
from twins.physics import Profile
from twins.simulation.faults import Injection

NORTH_RIDGE = Path(__file__).parents[3] / "resources" / "twins" / "north-ridge"
START, SETTLED, APART = 1_700_000_000, 120, 60  # s: nothing is judged before; looks so far apart are nearly independent
CHANGES = {
    "gearbox_cooling": 0.95, "gearbox_bearing_friction": 1.05, "generator_cooling": 0.95, "drivetrain_efficiency": 0.93,
}  # fmt: skip


def main() -> None:
    """Prints coverage by parameter beside what chance allows, then the time to find a change of 5 %."""
    numbers = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    seeds, minutes = numbers if len(numbers) == 2 else (2, 10)
    twin = load(NORTH_RIDGE)
    _coverage(twin, seeds, minutes)
    _changes(twin)


def followed(twin: Twin, seed: int, seconds: int, faults: tuple[Injection, ...] = ()) -> Iterator[tuple[int, Estimator]]:
    """The estimator second by second."""
    plant = Plant(twin, START * SECOND, seed, faults)
    following = Following(twin, plant.instruments.channels)
    for second in range(1, seconds):
        following.take(plant.run_to((START + second) * SECOND))
        for estimator in following.until((START + second) * SECOND):
            yield second, estimator


def _coverage(twin: Twin, seeds: int, minutes: int) -> None:
    held: dict[str, list[bool]] = {}
    for seed in range(seeds):
        for second, estimator in followed(twin, 900 + seed, minutes * 60):
            if second > SETTLED and second % APART == 0:
                for each in estimator.parameters:
                    low, _, high = _told(each)
                    truth = each.group.parameters[each.group.row("parameters", each.name), FOLLOWERS, :]
                    true = np.array([truth[leeway.instance] for leeway in each.leeways])
                    held.setdefault(each.name, []).extend(((true >= low) & (true <= high)).tolist())
    print(f"90 % intervals of parameters, {seeds} seeds of {minutes} min, four turbines:")
    for name, each in held.items():
        n = len(each)
        chance = np.sqrt(0.9 * 0.1 / n) * 1.96
        print(f"{name:28} held {np.mean(each):6.1%} of {n}; chance allows {0.9 - chance:.1%} to {min(0.9 + chance, 1):.1%}")


def _told(each: Wandering) -> np.ndarray:
    """(quantile, leeway) as it is recorded, in SI."""
    factor, offset = np.array([[leeway.factor, leeway.offset] for leeway in each.leeways]).T
    return (each.quantiles().T - offset) / factor


def _changes(twin: Twin) -> None:
    print("a change of 5 % is found (the new value inside the 90 % interval, the old outside) after:")
    for name, to in CHANGES.items():
        fault = Injection("changed", "T01", (START + SETTLED) * SECOND, Profile("step", to=to), parameter=name, model="T01")
        print(f"{name:28} {_found(twin, fault, name, to)}", flush=True)


def _found(twin: Twin, fault: Injection, name: str, to: float) -> str:
    usual = None
    for second, estimator in followed(twin, 7, SETTLED + 900, (fault,)):
        each = next(each for each in estimator.parameters if each.name == name)
        i = next(i for i, leeway in enumerate(each.leeways) if leeway.path == f"T01.{name}")
        usual = each.usual_of(each.leeways[i]) if usual is None else usual
        low, _, high = _told(each)[:, i]
        if second > SETTLED and low <= to <= high and not low <= usual <= high:
            return f"{second - SETTLED} s"
    return "not within 15 min"


if __name__ == "__main__":
    main()
