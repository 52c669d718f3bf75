"""Simulation: the step of 1,000 turbines against one vectorised solve_ivp at equal error; how long whole runs take."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp

from twins.clock import HOUR, MINUTE, SECOND, parse_time
from twins.package.archive import zipped
from twins.package.loader import load
from twins.physics.integrate import integrated
from twins.physics.model import defaults, rows
from twins.physics.rotor import Rotor
from twins.physics.turbine_control import Control
from twins.physics.wind_turbine import WindTurbine, completed
from twins.simulation.forecast import forecast
from twins.simulation.scenario import Scenario
from twins.simulation.whatif import what_if

TURBINES, SECONDS, ROUNDS = 1_000, 30, 3
GOALS = {"solve_ivp_ratio": 1.0, "forecast_s": 10.0}
TOLERANCES = tuple(10 ** (-k / 4) for k in range(6, 28))
Error = Callable[[np.ndarray, np.ndarray], float]
SCALE = np.array([0.1, 0.05, 0.05, np.inf, np.inf, np.inf])[:, None]
FARM = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
START = parse_time("2026-03-01T06:00:00Z")


class Turbines:
    """1,000 rotors with their controllers in winds from 4 to 20 m/s that change every second."""

    def __init__(self) -> None:
        self._rotor = Rotor()
        self._p = completed(rows(WindTurbine.parameters, defaults(WindTurbine.parameters, 1, TURBINES)))
        rng = np.random.default_rng(1)
        mean = np.linspace(4, 20, TURBINES)
        self._winds = mean * (1 + 0.1 * rng.standard_normal((SECONDS, 1, TURBINES)))
        speed = np.clip(mean / 41 * 8, 0.9, 1.79)
        pitch = np.radians(np.interp(mean, [11, 20], [0, 17]))
        self.start = np.stack([speed, pitch, pitch])

    def controls(self) -> list[Control]:
        """Of each second."""
        one = np.ones((1, TURBINES))
        p = {name: np.broadcast_to(value, one.shape) for name, value in self._p.items()}
        return [Control(self._rotor, 2.0 * one, wind, 1.2 * one, 2.05e6 * one, 1.5 * one, p) for wind in self._winds]


def ours(turbines: Turbines, controls: list[Control]) -> np.ndarray:
    """Rotor speed, pitch and integral after each second."""
    state, told = turbines.start, []
    held = np.zeros(TURBINES)
    for control in controls:
        whole = np.concatenate([state, np.zeros_like(state)])
        state = integrated(control.rates, whole, control.given(held), 1.0, SCALE, 2e-3, 0.25)[:3]
        told.append(state)
    return np.array(told)


def theirs(turbines: Turbines, controls: list[Control], tolerance: float, method: str = "RK45") -> np.ndarray:
    """The same by scipy, all turbines in one system; as ours, with the energies that flow."""
    state, told = turbines.start, []
    held = np.zeros(TURBINES)
    for control in controls:
        given = control.given(held)

        def rates(_t: float, y: np.ndarray, control: Control = control, given: np.ndarray = given) -> np.ndarray:
            return control.rates(y.reshape(6, -1), given).ravel()

        allowed = np.repeat(np.minimum(SCALE[:, 0], 1e30) * tolerance, TURBINES)
        whole = np.concatenate([state, np.zeros_like(state)]).ravel()
        state = solve_ivp(rates, (0.0, 1.0), whole, method=method, rtol=1e-12, atol=allowed).y[:, -1].reshape(6, -1)[:3]
        told.append(state)
    return np.array(told)


def fit(
    turbines: Turbines, controls: list[Control], truth: np.ndarray, own: float, method: str, error: Error
) -> tuple[str, float, float]:
    """A method of scipy's, the loosest tolerance at which its error is no larger than ours, and the time that takes."""
    for tolerance in TOLERANCES:
        begun = time.perf_counter()
        found = theirs(turbines, controls, tolerance, method)
        took = time.perf_counter() - begun
        if error(found, truth) <= own:
            return method, tolerance, took
    return method, TOLERANCES[-1], took


def mean_error(found: np.ndarray, truth: np.ndarray) -> float:
    """The root mean square over all turbines, in shares of what is large for each."""
    return float(np.sqrt(np.mean(((found - truth) / SCALE[:3]) ** 2)))


def worst_error(found: np.ndarray, truth: np.ndarray) -> float:
    """That of the worst of a hundred turbines: a mean hides those that a common step is too long for."""
    each = np.sqrt(np.mean(((found - truth) / SCALE[:3]) ** 2, axis=(0, 1)))
    return float(np.quantile(each, 0.99))


def main() -> dict[str, float]:
    """Prints a table and returns its figures: times in s, ratio peer / ours."""
    turbines = Turbines()
    controls = turbines.controls()
    ours(turbines, controls)
    truth = theirs(turbines, controls, 1e-8)
    found = ours(turbines, controls)
    mean, at_mean = _ratio(turbines, controls, truth, found, mean_error)
    worst, at_worst = _ratio(turbines, controls, truth, found, worst_error)
    figures = {
        "step_ms": at_worst[0],
        "solve_ivp_ms": at_worst[1],
        "solve_ivp_ratio": at_worst[2],
        "worst_error": worst,
        "mean_error": mean,
        "at_mean_error_ratio": at_mean[2],
        **whole_runs(),
    }
    _print(figures)
    return figures


def _ratio(
    turbines: Turbines, controls: list[Control], truth: np.ndarray, found: np.ndarray, error: Error
) -> tuple[float, tuple[float, float, float]]:
    """Our error, and (our ms a step, the best solve_ivp's, their ratio) where that makes no larger one."""
    own = error(found, truth)
    peers = [fit(turbines, controls, truth, own, method, error) for method in ("RK45", "RK23")]
    method, tolerance, _ = min(peers, key=lambda peer: peer[2])
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(ROUNDS):
        for name, run in (
            ("ours", lambda: ours(turbines, controls)),
            ("theirs", lambda: theirs(turbines, controls, tolerance, method)),
        ):
            begun = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - begun)
    each = [1e3 * statistics.median(times[name]) / SECONDS for name in ("ours", "theirs")]
    return own, (each[0], each[1], statistics.median(b / a for a, b in zip(times["ours"], times["theirs"], strict=True)))


def whole_runs() -> dict[str, float]:
    """The demo farm: 256 members of a day, and an hour of what-if."""
    twin, package = load(FARM), zipped(FARM)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "run.twin-recording"
        begun = time.perf_counter()
        forecast(twin, package, None, START, Scenario(duration=24 * HOUR), place)
        day = time.perf_counter() - begun
        begun = time.perf_counter()
        what_if(twin, package, None, START, Scenario(duration=10 * MINUTE, step=SECOND), place)
        return {"forecast_s": day, "what_if_speed": 600 / (time.perf_counter() - begun)}


def _print(figures: dict[str, float]) -> None:
    print(f"{TURBINES:,} turbines for {SECONDS} s in winds that change every second, medians of {ROUNDS} interleaved rounds;")
    print("256 members of a 24 h forecast of the demo farm; a what-if of it at 1 s a step, times real time")
    for name, value in figures.items():
        goal = GOALS.get(name)
        sign = "≥" if name.endswith("ratio") else "≤"
        met = goal is None or (value >= goal if sign == "≥" else value <= goal)
        print(f"  {name:<20} {value:>10.4g}" + ("" if goal is None else f"   goal {sign} {goal:g} {'met' if met else 'MISSED'}"))


if __name__ == "__main__":
    main()
