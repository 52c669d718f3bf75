"""The estimator on emulated data whose truth is known: how often its 90 % intervals of parameters and
states hold it, and how soon a change is found.

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
from twins.physics import Array, Profile
from twins.simulation.band import band
from twins.simulation.faults import Injection

NORTH_RIDGE = Path(__file__).parents[3] / "resources" / "twins" / "north-ridge"
FIRST = 1600  # seed
TURNED = 5  # s from one change of a plant's parameters to the next
START, SETTLED, APART = 1_700_000_000, 120, 60  # s: nothing is judged before; looks so far apart are nearly independent
TURBINES = ("T01", "T02", "T03", "T04")
STATES = (
    "rotor_speed", "shaft_twist", "tower_position", "nacelle_temperature", "gearbox_oil_temperature",
    "gearbox_bearing_temperature", "generator_winding_temperature", "generator_bearing_temperature", "main_bearing_temperature",
    "converter_temperature", "transformer_temperature",
)  # fmt: skip
CHANGES = {
    "gearbox_cooling": 0.95, "gearbox_bearing_friction": 1.05, "generator_cooling": 0.95, "drivetrain_efficiency": 0.93,
}  # fmt: skip


def main() -> None:
    """Prints coverage by parameter beside what chance allows, then the time to find a change of 5 %."""
    numbers = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    seeds, minutes = numbers if len(numbers) == 2 else (2, 10)
    twin = load(NORTH_RIDGE)
    _coverage(twin, seeds, minutes, wandering=False)
    _coverage(twin, seeds, minutes, wandering=True)
    _changes(twin)


class Truth:
    """The parameters that a plant has, by path in SI: as far off as the package says they may be; `wandering`: as soon, too."""

    def __init__(self, twin: Twin, seed: int, *, wandering: bool = False) -> None:
        found = [
            (leeway, each.usual_of(leeway)) for each in Estimator(twin, START * SECOND).parameters for leeway in each.leeways
        ]
        self._usual, self._spread, over = np.array([(usual, leeway.spread, leeway.over) for leeway, usual in found]).T
        self._kept = np.exp(-TURNED / over) if wandering else np.ones(len(found))
        self._place = {leeway.path: i for i, (leeway, _) in enumerate(found)}
        self._chance = np.random.default_rng(seed)
        self._off = self._spread * self._chance.standard_normal(len(found))

    def wander(self) -> None:
        """An Ornstein–Uhlenbeck process of each, as the estimator takes them for."""
        noise = self._chance.standard_normal(len(self._off))
        self._off = self._off * self._kept + self._spread * np.sqrt(1 - self._kept**2) * noise

    @property
    def settings(self) -> dict[str, float]:
        """By path, as `Plant.turn` takes them: none of them has a unit."""
        return {path: float(self._usual[i] + self._off[i]) for path, i in self._place.items()}

    def of(self, each: Wandering) -> np.ndarray:
        """(leeway,)"""
        at = [self._place[leeway.path] for leeway in each.leeways]
        return self._usual[at] + self._off[at]


def followed(
    twin: Twin, seed: int, seconds: int, faults: tuple[Injection, ...] = (), truth: Truth | None = None
) -> Iterator[tuple[int, Estimator, dict[str, Array]]]:
    """The estimator second by second, and by name what the plant's states (turbine,) were then, in SI."""
    plant = Plant(twin, START * SECOND, seed, faults, truth.settings if truth else {})
    following = Following(twin, plant.instruments.channels)
    states: dict[int, dict[str, Array]] = {}
    for second in range(1, seconds):
        if truth and second % TURNED == 0:
            truth.wander()
            for key, value in truth.settings.items():
                plant.turn(key, value)
        following.take(plant.run_to((START + second) * SECOND))
        states[plant.time] = {name: np.array([plant.output(asset, name) for asset in TURBINES]) for name in STATES}
        for estimator in following.until((START + second) * SECOND):
            yield second, estimator, states.pop(estimator.time)


def _coverage(twin: Twin, seeds: int, minutes: int, *, wandering: bool) -> None:
    parameters: dict[str, list[bool]] = {}
    states: dict[str, list[bool]] = {}
    for seed in range(FIRST, FIRST + seeds):
        truth = Truth(twin, seed, wandering=wandering)
        for second, estimator, true_states in followed(twin, seed, minutes * 60, truth=truth):
            if second > SETTLED and second % APART == 0:
                for each in estimator.parameters:
                    low, _, high = _told(each)
                    true = truth.of(each)
                    parameters.setdefault(each.name, []).extend(((true >= low) & (true <= high)).tolist())
                for name, true in true_states.items():
                    low, _, high = band(_members(estimator, name), axis=0)
                    states.setdefault(name, []).extend(((true >= low) & (true <= high)).tolist())
    so = "parameters wander as the package says" if wandering else "parameters stay"
    for what, held in (("parameters", parameters), ("states", states)):
        _print(f"90 % intervals of {what}, where {so}, {seeds} seeds of {minutes} min, four turbines:", held)


def _members(estimator: Estimator, state: str) -> Array:
    """(member, turbine) of those that follow, in SI."""
    found = [estimator.models.of(asset) for asset in TURBINES]
    return np.stack([group.state[group.row("states", state), :FOLLOWERS, i] for group, i in found], axis=1)


def _print(head: str, held: dict[str, list[bool]]) -> None:
    print(head)
    for name, each in held.items():
        n = len(each)
        chance = np.sqrt(0.9 * 0.1 / n) * 1.96
        print(f"{name:30} held {np.mean(each):6.1%} of {n}; chance allows {0.9 - chance:.1%} to {min(0.9 + chance, 1):.1%}")


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
    for second, estimator, _ in followed(twin, 7, SETTLED + 900, (fault,)):
        each = next(each for each in estimator.parameters if each.name == name)
        i = next(i for i, leeway in enumerate(each.leeways) if leeway.path == f"T01.{name}")
        usual = each.usual_of(each.leeways[i]) if usual is None else usual
        low, _, high = _told(each)[:, i]
        if second > SETTLED and low <= to <= high and not low <= usual <= high:
            return f"{second - SETTLED} s"
    return "not within 15 min"


if __name__ == "__main__":
    main()
