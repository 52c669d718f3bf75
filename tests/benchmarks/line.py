"""A production line of 256 members over four hours, beside SimPy member by member; and an emulated hour of the valve line."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.line_peer import JOINT, JOINT_WAYS, departures
from tests.line_rig import Line
from twins.clock import HOUR, parse_time
from twins.emulator import Plant
from twins.package.loader import load

MEMBERS, SECONDS, ROUNDS = 256, 4 * 3_600.0, 3
GOALS = {"simpy_ratio": 1.0}
LINE = Path(__file__).parents[2] / "resources" / "twins" / "production-line"


def times_of(station: dict[str, object], chance: random.Random) -> Iterator[float]:
    """A station's operations as SimPy's users draw them."""

    def number(name: str) -> float:
        return float(str(station.get(name, 0)).split()[0])

    mean, width, life, repair = (number(name) for name in ("cycle_time", "cycle_cv", "mtbf", "mttr"))
    sigma, spread = math.sqrt(math.log1p(width**2)), math.sqrt(math.log1p(0.36))
    while True:
        cycle = mean * chance.lognormvariate(-(sigma**2) / 2, sigma)
        fails = life > 0 and chance.random() < -math.expm1(-cycle / life)
        yield cycle + (repair * chance.lognormvariate(-(spread**2) / 2, spread) if fails else 0.0)


def theirs() -> float:
    """Parts made on the average."""
    made = 0
    for member in range(MEMBERS):
        chance = random.Random(member)
        made += len(departures({name: times_of(each, chance) for name, each in JOINT.items()}, SECONDS))
    return made / MEMBERS


def ours(dt: float) -> float:
    """The same."""
    return float(Line(JOINT, JOINT_WAYS, MEMBERS).run(SECONDS, dt).told("made", "OUT").mean())


def main() -> dict[str, float]:
    """Prints a table and returns its figures."""
    took: dict[str, list[float]] = {"ours": [], "ours_10s": [], "theirs": []}
    made: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, run in (("ours", lambda: ours(SECONDS)), ("ours_10s", lambda: ours(10.0)), ("theirs", theirs)):
            begun = time.perf_counter()
            made[name] = run()
            took[name].append(time.perf_counter() - begun)
    begun = time.perf_counter()
    start = parse_time("2026-03-01T06:00:00Z")
    plant = Plant(load(LINE), start)
    plant.run_to(start + HOUR)
    figures = {
        **{f"{name}_s": statistics.median(each) for name, each in took.items()},
        **{f"{name}_parts": each for name, each in made.items()},
        "simpy_ratio": statistics.median(b / a for a, b in zip(took["ours"], took["theirs"], strict=True)),
        "emulated_hour_s": time.perf_counter() - begun,
    }
    print(
        print(f"{MEMBERS} members of six stations over four hours, in one step and in steps of 10 s; medians of {ROUNDS} rounds")
    )
    for name, value in figures.items():
        goal = GOALS.get(name)
        met = "" if goal is None else f"   goal ≥ {goal:g} {'met' if value >= goal else 'MISSED'}"
        print(f"  {name:<18} {value:>10.4g}{met}")
    return figures


if __name__ == "__main__":
    main()
