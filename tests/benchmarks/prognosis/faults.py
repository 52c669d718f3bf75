"""Faults by name: seeded runs of the emulated farm with faults of unseen severities, and what they were called.

Each run has a fault on three of the four turbines, the fourth is sound. `faults.py RUNS` for more than the usual few.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twins.asset import Twin
from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.following import Following
from twins.package.loader import load
from twins.physics import Profile
from twins.prognosis.foreseeing import Foreseeing
from twins.simulation.faults import Injection

NORTH_RIDGE = Path(__file__).parents[3] / "resources" / "twins" / "north-ridge"
START, BEGINS, ENDS = 1_700_000_000, 200, 700  # s
FAULTS = {
    "gearbox_cooling_loss": ("gearbox_cooling", 1.0, 0.0),
    "gearbox_bearing_wear": ("gearbox_bearing_friction", 1.0, 5.5),
    "generator_cooling_loss": ("generator_cooling", 1.0, 0.25),
}
TURBINES = ("T01", "T02", "T03", "T04")
FLOOR = 0.4  # of the severity that the package declares: what is milder is not asked for
USUAL_RUNS = 6
Called = dict[str, float]


def main() -> None:
    """Prints the confusion matrix, delays and false calls."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdecimal() else USUAL_RUNS
    twin, rng = load(NORTH_RIDGE), np.random.default_rng(5)
    matrix: Counter[tuple[str, str]] = Counter()
    delays: dict[str, list[float]] = {name: [] for name in FAULTS}
    false = 0
    for seed in range(runs):
        placed = dict(zip(TURBINES, [*rng.permutation(list(FAULTS)).tolist(), "sound"], strict=True))
        called = run(twin, 100 + seed, [_fault(asset, name, rng) for asset, name in placed.items() if name != "sound"])
        for asset, name in placed.items():
            names = called.get(asset, {})
            first = next(iter(names), "nothing")
            matrix[name, first] += 1
            false += len(set(names) - {name})
            if name in names:
                delays[name].append(names[name])
    _print(matrix, delays, false, runs)


def run(twin: Twin, seed: int, faults: list[Injection]) -> dict[str, Called]:
    """By asset, what was called and how long after the faults began, s; the first first."""
    plant, foreseeing = Plant(twin, START * SECOND, seed, faults), Foreseeing(twin)
    following = Following(twin, plant.instruments.channels)
    called: dict[str, Called] = {}
    for second in range(1, ENDS):
        following.take(plant.run_to((START + second) * SECOND))
        for estimator in following.until((START + second) * SECOND):
            for event in foreseeing.see(estimator, estimator.time):
                since = event.time / SECOND - START - BEGINS
                called.setdefault(event.subject, {}).setdefault(str(event.data["fault"]), since)
    return called


def _fault(asset: str, name: str, rng: np.random.Generator) -> Injection:
    parameter, usual, to = FAULTS[name]
    severity, over = rng.uniform(FLOOR, 1.0), float(rng.uniform(10, 120))
    profile = Profile("ramp", to=usual + (to - usual) * severity, over=over)
    return Injection(name, asset, (START + BEGINS) * SECOND, profile, parameter=parameter, model=asset)


def _print(matrix: Counter[tuple[str, str]], delays: dict[str, list[float]], false: int, runs: int) -> None:
    heads = [*FAULTS, "nothing"]
    print(f"{runs} runs of {ENDS - BEGINS} s after the faults; severities {FLOOR:.0%} to 100 % of what the package declares")
    print(f"{'true, then called first':26}" + "".join(f"{head:>24}" for head in heads))
    for name in _rows():
        print(f"{name:26}" + "".join(f"{matrix[name, head]:>24}" for head in heads))
    right = sum(matrix[name, name] for name in FAULTS)
    print(f"called by its name first: {right} of {runs * len(FAULTS)}; calls of a wrong name: {false}")
    for name, found in delays.items():
        if found:
            print(f"{name}: called after {np.median(found):.0f} s ({min(found):.0f} to {max(found):.0f})")


def _rows() -> Iterator[str]:
    yield from FAULTS
    yield "sound"


if __name__ == "__main__":
    main()
