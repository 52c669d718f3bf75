"""The city district: half an hour of it, its scenarios, and a week of real detectors."""

import gzip
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import signals
from tests.rig import main_py
from twins.asset import Twin
from twins.checking import check
from twins.clock import MINUTE, SECOND
from twins.emulator.plant import Plant
from twins.package.archive import zipped
from twins.package.loader import load
from twins.simulation.comparing import compared, told
from twins.simulation.ensemble import Ensemble
from twins.simulation.faults import injections
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import read_scenario
from twins.simulation.search import optimised
from twins.simulation.whatif import what_if

PACKAGE = Path(__file__).parents[2] / "resources" / "twins" / "city-district"
DETECTORS = Path(__file__).parents[3] / "shared" / "data" / "city_traffic"
MORNING = 1_768_892_400 * SECOND  # a Tuesday in January, 8 o'clock there


@pytest.fixture(scope="module")
def district() -> Twin:
    return load(PACKAGE)


def _told(models: Ensemble) -> dict[str, float]:
    return dict(zip((tag.path for tag in models.tags), models.told()[:, 0], strict=True))


def test_the_package_is_sound_and_every_turning_share_is_whole(district: Twin) -> None:
    assert not check(PACKAGE)
    given: dict[str, float] = {}
    for relation in district.relations:
        if relation.kind == "turns_to":
            given[relation.subject] = given.get(relation.subject, 0.0) + relation.share
    assert list(given.values()) == pytest.approx([1.0] * 48, abs=0.002)


def test_a_street_from_whose_end_more_turn_off_than_reach_it_is_refused(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "town")
    file = tmp_path / "town" / "twin.yaml"
    lines = file.read_text("utf-8").splitlines()
    turns = [k for k, line in enumerate(lines) if "kind: turns_to" in line]
    street = re.search(r"subject: ([^,]+),", lines[turns[0]]).group(1)
    lines[turns[0]] = re.sub(r"share: [\d.]+", "share: 0.99", lines[turns[0]])
    file.write_text("\n".join(lines), "utf-8")

    (fault,) = check(tmp_path / "town")

    assert f"what turns off at the end of {street} adds up to 1." in fault.message
    assert fault.remedy == "write shares that add up to 1 at most"


def test_half_an_hour_has_no_hole_no_vehicle_heat_or_water_gets_lost_and_a_drift_is_implausible(district: Twin) -> None:
    plant = Plant(district, MORNING, faults=injections(["air/station-1.sensor_drift"], district, MORNING))
    before = _told(plant._models)
    for _ in range(6):
        samples = plant.run_to(plant.time + 5 * MINUTE)
    after = _told(plant._models)
    assert np.isfinite(list(after.values())).all()
    streets = [path for path, asset in district.assets.items() if asset.model.get("physics") == "street"]
    came, went, inside = (sum(plant.output(path, name) for path in streets) for name in ("entered", "left", "vehicles"))
    assert came - went == pytest.approx(inside, rel=1e-6)
    assert inside > 60
    gone = {name: after[f"plant.{name}"] - before[f"plant.{name}"] for name in ("produced", "delivered", "lost", "stored")}
    assert gone["produced"] == pytest.approx(gone["delivered"] + gone["lost"] + gone["stored"], rel=1e-3)
    drawn, lifted = (after[f"water/tower.{name}"] - before[f"water/tower.{name}"] for name in ("given", "pumped"))
    higher = 70 * (after["water/tower.level"] - before["water/tower.level"])
    assert lifted == pytest.approx(drawn + higher, abs=1)  # m³, of which a level told to the centimetre is 0.7
    assert 10 < after["traffic.speed"] < 45
    shown = {name: _last(samples, f"air/station-1.{name}") for name in ("nitrogen_dioxide", "nitrogen_oxides")}
    assert shown["nitrogen_dioxide"] > shown["nitrogen_oxides"]  # what its alarm “implausible” stands on


def _last(samples, tag):  # type: ignore[no-untyped-def]
    return samples.value(int(np.flatnonzero(samples.channel == samples.channels.place[tag])[-1]))


def test_every_scenario_moves_its_figures_the_expected_way(district: Twin, tmp_path: Path) -> None:
    paths = []
    for name in ("", "road-closure", "event", "heat-wave", "more-green"):
        scenario = read_scenario(PACKAGE / "scenarios" / f"{name}.yaml", district) if name else Scenario(step=5 * SECOND)
        paths.append(tmp_path / f"{name or 'as-it-is'}.twin-recording")
        what_if(district, zipped(PACKAGE), None, MORNING, replace(scenario, duration=10 * MINUTE), paths[-1])
    found = {each["name"]: each["values"] for each in told(compared(paths))["figures"]}
    usual, closed, event, hot, green = range(5)
    assert found["delay"][closed] > 1.05 * found["delay"][usual]
    assert found["mean_speed"][closed] < found["mean_speed"][usual]
    assert found["vehicle_hours"][event] > 1.05 * found["vehicle_hours"][usual]
    assert found["carbon_dioxide"][event] > found["carbon_dioxide"][usual]
    assert found["delay"][green] < 0.98 * found["delay"][usual]
    assert found["heat"][hot] < 0.1 * found["heat"][usual]
    assert found["water"][hot] > 1.1 * found["water"][usual]


def test_a_search_finds_signals_that_hold_up_less_than_those_there_are_and_websters(district: Twin) -> None:
    search = signals.search_of(district, zipped(PACKAGE), signals.AVENUE, 6 * MINUTE, MORNING)
    ((best, found),) = optimised(search, 8, 2)
    usual, webster, best_delay = signals.tried(district, search, MORNING, best)
    assert best_delay == pytest.approx(found[0])
    assert best_delay < webster < usual


def _answer(*arguments):  # type: ignore[no-untyped-def]
    done = main_py(*(str(each) for each in arguments), "--json")
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


@pytest.mark.sample_data
def test_a_week_of_207_detectors_becomes_a_recording_of_its_own(tmp_path: Path) -> None:
    folder, week = tmp_path / "detectors", tmp_path / "week.twin-recording"
    tag = "speed: { unit: mph, quantity: traffic speed, range: [0, 80], period: 5 min }"
    made = _answer("new", folder, "--from", DETECTORS / "graph_sensor_locations.csv", "--tag", tag)
    assert made["assets"] == made["shapes"] == 207
    mapping = PACKAGE / "mappings" / "detectors-week.yaml"
    taken = _answer("import", folder, DETECTORS / "los_speed.csv.gz", "--map", mapping, "--to", week)
    assert (taken["samples"], len(taken["tags"])) == (2_016 * 207, 207)
    at_eight = gzip.decompress((DETECTORS / "los_speed.csv.gz").read_bytes()).decode().splitlines()[1 + 8 * 12].split(",")
    shown = _answer("state", week, "--at", "2012-03-01T08:00:00-08:00")
    assert shown["tags"]["773869.speed"]["value"] == pytest.approx(float(at_eight[0]))
    twin = load(folder)
    one, other = twin.assets["773869"].at, twin.assets["767541"].at
    north, east = one.y - other.y, one.x - other.x
    assert np.hypot(north, east) == pytest.approx(8_555, rel=0.003)  # by the haversine on a sphere
