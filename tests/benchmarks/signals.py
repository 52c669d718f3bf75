"""Signal plans of the district: as they are, by Webster's formula, and as found by search, on the same hour of traffic.

F. V. Webster, “Traffic signal settings”, Road Research Technical Paper 39 (1958): each phase gets green as its flow ratio,
the flow of its busiest approach over what that could pass.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from twins.asset import Twin
from twins.clock import MINUTE, SECOND, parse_time
from twins.physics import Array
from twins.simulation.executor import Here
from twins.simulation.figures import key_figures
from twins.simulation.forking import Origin
from twins.simulation.goals import Goal, knob_named
from twins.simulation.scenario import Scenario
from twins.simulation.search import Search, optimised

MORNING = "2026-03-02T07:30:00Z"  # a Monday, half past eight in the district
AVENUE = tuple(f"traffic/junction-{i}2" for i in (1, 2, 3, 4))
JAM, WAVE, CYCLE, LOST = 0.13, 20 / 3.6, 80.0, 4.0


def webster(twin: Twin, flow: dict[str, float]) -> dict[str, float]:
    """The green of the main street of each junction, %, for so many vehicles a second of each street."""
    ratio: dict[str, dict[bool, float]] = {}
    for relation in twin.relations:
        if relation.kind == "controls":
            parameters = twin.assets[relation.object].model["parameters"]
            main = float(parameters.get("phase", -1)) == 0
            speed = float(str(parameters["free_speed"]).split()[0]) / 3.6
            saturation = speed * WAVE / (speed + WAVE) * JAM * float(parameters["lanes"])
            found = ratio.setdefault(relation.subject, {True: 0.0, False: 0.0})
            found[main] = max(found[main], flow[relation.object] / saturation)
    usable = CYCLE - 2 * LOST
    return {
        junction: 100 * (LOST + usable * each[True] / max(each[True] + each[False], 1e-9)) / CYCLE
        for junction, each in ratio.items()
    }


def flows(twin: Twin, at: int, minutes: int = 15) -> dict[str, float]:
    """Vehicles a second of each street before `at`, with the plan as it is; what passed after the first third of the time."""
    from twins.simulation.ensemble import Ensemble

    steps = minutes * 12
    models = Ensemble(twin, at - minutes * MINUTE, 5 * SECOND)
    streets = [relation.object for relation in twin.relations if relation.kind == "controls"]
    places = {street: models.of(street) for street in streets}
    told = np.zeros((steps, len(streets)))
    for k in range(steps):
        models.advance()
        told[k] = [group.outputs[group.row("outputs", "flow"), 0, i] for group, i in places.values()]
    return dict(zip(streets, told[steps // 3 :].mean(axis=0).tolist(), strict=True))


def search_of(twin: Twin, package: bytes, junctions: Sequence[str], horizon: int, at: int, seed: int = 1) -> Search:
    """The least delay over a stretch, by the green of these junctions."""
    delay = next(figure for figure in key_figures(twin) if figure.name == "delay")
    knobs = [knob_named(f"{junction}.main_green=30:75", twin) for junction in junctions]
    scenario = Scenario(duration=horizon, step=5 * SECOND, recorded=False, seed=seed)
    return Search(twin, package, Origin(at), scenario, knobs, [Goal(delay, False)], Here(), lambda *_: None, lambda: False)


def tried(twin: Twin, search: Search, at: int, best: Array) -> Array:
    """The delay, h, of the plan as it is, of Webster's and of the one that was found."""
    usual = webster(twin, flows(twin, at))
    plans = [[knob.value for knob in search.knobs], [usual[knob.key.rpartition(".")[0]] for knob in search.knobs], best]
    return search.figures(np.array(plans, float))[0]


def main() -> dict[str, float]:
    """Prints and returns hours lost in 20 minutes, by plan."""
    from twins.package.archive import zipped
    from twins.package.loader import load_zipped

    package = zipped(Path(__file__).resolve().parents[2] / "resources" / "twins" / "city-district")
    twin, at = load_zipped(package), parse_time(MORNING)
    search = search_of(twin, package, AVENUE, 20 * MINUTE, at)
    ((best, _),) = optimised(search, 20, 10)
    print("  found: " + ", ".join(f"{knob.key} {value:.0f} %" for knob, value in zip(search.knobs, best, strict=True)))
    found = {}
    for name, later, seed in (("", 0, 1), ("another day's chance, ", 0, 7), ("the evening, ", 9 * 60 * MINUTE, 3)):
        values = tried(twin, search_of(twin, package, AVENUE, 20 * MINUTE, at + later, seed), at + later, best)
        found |= {f"{name}{plan}": float(v) for plan, v in zip(("as it is", "Webster", "found"), values, strict=True)}
    for name, value in found.items():
        print(f"  {name:<36} {value:>8.2f} h", flush=True)
    return found


if __name__ == "__main__":
    main()
