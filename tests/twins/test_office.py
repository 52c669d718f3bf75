"""The office as it ships: sound, its energy accounted for, its what-ifs as they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twins.asset import Twin
from twins.checking import check
from twins.clock import HOUR, MINUTE, SECOND, parse_time
from twins.emulator import Plant, injections
from twins.package.archive import zipped
from twins.package.loader import load
from twins.simulation.ensemble import Ensemble
from twins.simulation.figures import Tally
from twins.simulation.forking import begun
from twins.simulation.run import run
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import read_scenario

OFFICE = Path(__file__).parents[2] / "resources" / "twins" / "office"
MORNING = parse_time("2026-07-14T08:00:00Z")  # a Tuesday
WINTER = parse_time("2026-01-13T04:00:00Z")


@pytest.fixture(scope="module")
def office() -> Twin:
    return load(OFFICE)


def test_that_the_package_is_sound() -> None:
    assert check(OFFICE) == []
    assert len(zipped(OFFICE)) < 200_000


def test_that_the_plant_tells_every_tag_and_no_nan(office: Twin) -> None:
    samples = Plant(office, MORNING).run_to(MORNING + 2 * MINUTE)

    assert {channel.path for channel in samples.channels} == {tag.path for tag in office.tags.values() if not tag.computed}
    assert (samples.quality & 0b11 == 0).all()


def test_that_in_an_hour_no_energy_is_lost(office: Twin) -> None:
    """Heat: what zones, coils and pipes were given is what they hold. Electricity: what came in is what was used."""
    models = Ensemble(office, MORNING, 10 * SECOND)
    for _ in range(12):
        models.advance()
    zones = [path for path in models.twin.assets if path.startswith("F") and path.count("/") == 1 and path[3:] in _ROOMS]
    first = np.array([[_out(models, zone, name) for name in ("heat_stored", "heat_gained")] for zone in zones])
    meter, used, turned = _out(models, "MAIN", "energy"), 0.0, 0.0
    for _ in range(360):
        models.advance()
        used += 10 * _consumed(models, zones)
        turned += 10 * sum(abs(_out(models, zone, "solar_gain")) + _out(models, zone, "plug_power") for zone in zones)
        assert np.isfinite(models.told()).all()
        served = _out(models, "HP", "cooling_output") - _out(models, "AHU", "cooling_load")
        assert served == pytest.approx(0, abs=1)
    last = np.array([[_out(models, zone, name) for name in ("heat_stored", "heat_gained")] for zone in zones])

    stored, gained = (last - first).T
    assert np.abs(stored - gained).sum() < 0.001 * turned
    assert _out(models, "MAIN", "energy") - meter == pytest.approx(used, rel=0.001)
    assert used > 3.6e6 * 5


_ROOMS = ("SW", "SE", "NW", "NE", "C")


def _out(models: Ensemble, asset: str, name: str, member: int = 0) -> float:
    group, i = models.of(asset)
    return float(group.outputs[group.row("outputs", name), member, i])


def _consumed(models: Ensemble, zones: list[str]) -> float:
    """W: machines, lights and sockets, and what has no model (told by nobody but its own board)."""
    told = _out(models, "AHU", "power") + _out(models, "HP", "power")
    told += sum(_out(models, zone, "lighting_power") + _out(models, zone, "plug_power") for zone in zones)
    for board in ("PLANT", "F0/PANEL", "F1/PANEL", "F2/PANEL"):
        group, i = models.of(board)
        sway = group.state[3, 0, i]
        told += group.parameters[group.row("parameters", "base_load"), 0, i] * (1 + 0.05 * sway)
    return told


def test_that_what_one_zone_gives_its_neighbours_they_get(office: Twin) -> None:
    """Flows through partitions cancel: `neighbours` and their temperatures are the same, seen from either side."""
    models = Ensemble(office, WINTER, MINUTE)
    for _ in range(30):
        models.advance()
    group, _ = models.of("F0/SW")
    inputs, before = group.inputs.copy(), group.state.copy()
    models.advance()
    told = group.inputs[group.row("inputs", "neighbour_temperature")]
    flow = 60.0 * (told - group.inputs[group.row("inputs", "neighbours")] * before[2])
    assert np.abs(flow).max() > 1
    assert abs(flow.sum()) < 1e-6 * np.abs(flow).sum()
    assert inputs.shape == group.inputs.shape


def test_that_a_door_forced_by_night_is_an_intrusion_and_by_day_is_not(office: Twin) -> None:
    for start, stands in (("2026-07-14T01:00:00Z", 1.0), ("2026-07-14T09:00:00Z", 0.0)):
        models = Ensemble(office, parse_time(start), MINUTE)
        models.inject(injections(["D1.forced"], office, parse_time(start))[0])
        models.advance()
        assert _out(models, "D1", "intrusion") == stands
        assert _out(models, "D1", "forced_open") == 1


def test_that_behind_a_breaker_that_trips_it_is_dark_and_nothing_else_is(office: Twin) -> None:
    models = Ensemble(office, WINTER + 4 * HOUR, 10 * SECOND)
    for _ in range(30):
        models.advance()
    before = _out(models, "F1/NW", "lighting_power")
    models.inject(injections(["F1/LIGHT.overload"], office, models.time)[0])
    for _ in range(5):
        models.advance()
    assert before > 100
    assert _out(models, "F1/NW", "lighting_power") == 0
    assert _out(models, "F1/NW", "plug_power") > 100
    assert _out(models, "F2/NW", "lighting_power") > 100


@pytest.mark.parametrize(
    ("name", "start", "moved"),
    [
        ("heat-wave", MORNING, {"energy": 1.1, "peak_power": 1.1}),
        ("full-house", MORNING, {"energy": 1.05, "worst_air": 1.02}),
        ("no-night-set-back", WINTER - 10 * HOUR, {"energy": 1.02}),
        ("economy", WINTER, {"energy": 0.97, "dissatisfied": 1.02}),
    ],
)
def test_that_a_what_if_moves_its_figures_the_expected_way(office: Twin, name: str, start: int, moved: dict[str, float]) -> None:
    usual = _figures(office, Scenario("as it is"), start)
    changed = _figures(office, read_scenario(OFFICE / "scenarios" / f"{name}.yaml", office), start)

    for figure, factor in moved.items():
        assert (changed[figure] / usual[figure] > factor) == (factor > 1), (figure, usual[figure], changed[figure])


def _figures(office: Twin, scenario: Scenario, start: int) -> dict[str, float]:
    """Of ten hours, in steps of five minutes."""
    models = begun(office, scenario, start, 5 * MINUTE, None)
    tally = Tally(office, office.figures)
    for _, told in run(models, None, scenario, start, start + 10 * HOUR, 1, lambda done, what: None, lambda: False):
        tally.add({tag.path: told[None, k] for k, tag in enumerate(models.tags)}, 300.0)
    return dict(zip([each.name for each in office.figures], tally.values()[:, 0], strict=True))
