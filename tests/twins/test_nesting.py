"""Twins nest: a site holds two pump stations, which are packages of their own; everything in them works as it does alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scene.stage import Stage
from twins.asset import Twin
from twins.checking import check
from twins.clock import SECOND
from twins.emulator import Plant, injections
from twins.historian.days import open_record
from twins.historian.deriving import derive
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.fault import PackageError
from twins.package.loader import load, load_zipped
from twins.simulation.ensemble import Ensemble
from twins.simulation.figures import Tally
from twins.simulation.knobs import knobs_of
from twins.simulation.run import step_on
from twins.simulation.scenario_file import packaged, packaged_scenario, scenario_of

START = 1_772_344_800 * SECOND

STATION = """
twin:
  id: station
  name: Pump station
  tags: { total: { unit: m^3/h, computed: "sum(children.flow)" } }
  alarms: { dry: { condition: total < 1 m^3/h, viewpoint: Pumps } }
types:
  pump:
    tags:
      flow: { unit: m^3/h, range: [0, 60], limits: { high: 55 }, period: 1s, address: { mqtt: "{asset}/flow" } }
      speed: { unit: rpm, period: 1s, address: { mqtt: "{asset}/speed" } }
      speed_setpoint: { unit: rpm, range: [0, 3000], writable: true, permissives: ["`P1.flow` < 60 m^3/h"] }
      share: { unit: "%", computed: "flow / total" }
    model: { physics: centrifugal-pump }
    faults: { worn: { parameter: friction, profile: step, to: 4 } }
    parts: { casing: { mesh: meshes/casing.stl, colour_by: flow } }
  mast:
    tags: { wind_speed_80m: { unit: m/s, period: 1s, address: { mqtt: "mast/wind" } } }
    model: { physics: met-mast, parameters: { anemometer_noise: 0 } }
assets:
  - { id: P1, type: pump }
  - { id: P2, type: pump, at: { x: 4, y: 0 } }
  - { id: M, type: mast, at: { x: 0, y: 9 } }
relations:
  - { subject: P1, kind: feeds, object: P2 }
environment:
  models:
    wind: { physics: wind, parameters: { mean_speed: 12 m/s, turbulence: 0, weather_speed: 0 m/s, breeze_speed: 0 m/s } }
  terrain: { size: [50, 50] }
figures: { most: { label: Most water, unit: m^3/h, highest: total } }
plots: { curve: { x: P1.speed, y: P1.flow, over: 1 min } }
"""
SITE = """
twin:
  id: site
  name: Site
  tags:
    water: { unit: m^3/h, computed: "sum(children.total)" }
    first: { unit: m^3/h, computed: "`north/P1.flow` + south.total" }
types:
  mast:
    tags: { wind_speed_80m: { unit: m/s, period: 1s, address: { mqtt: "mast/wind" } } }
    model: { physics: met-mast, parameters: { anemometer_noise: 0 } }
assets:
  - { id: M, type: mast }
  - { id: north, twin: stations/pumps, at: { x: 100, y: 50, heading: 90 } }
  - { id: south, twin: stations/pumps, name: South station, at: { x: 0, y: -80, z: 20 } }
relations:
  - { subject: north/P1, kind: feeds, object: south }
environment:
  models: { wind: { physics: wind, parameters: { mean_speed: 5 m/s, turbulence: 0, weather_speed: 0 m/s, breeze_speed: 0 m/s } } }
"""
FAST = """
name: Fast
for: 1 min
step: 1 s
inputs: { speed_setpoint: 2000 rpm }
parameters: { wind.mean_speed: 3 m/s }
commands: [ { at: 10 s, tag: P2.speed_setpoint, value: 1000 rpm } ]
faults: [ P1.worn@5 s ]
"""
FAN = """
twin: { id: fan, kind: component, type: fan, name: Roof fan }
types:
  fan:
    tags:
      speed: { unit: rpm, period: 1s, address: { mqtt: "{asset}/speed" } }
      power: { unit: kW, period: 1s }
    components: { wheel: { shows: [speed], parts: { wheel: { shape: { box: { size: [1, 1, 1] } } } } } }
    parts: { casing: { cover: true, shape: { box: { size: [3, 3, 3] } } } }
figures: { energy: { unit: kWh, integral: power } }
"""
TRIANGLE = "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    site = tmp_path_factory.mktemp("nested") / "site"
    station = site / "stations" / "pumps"
    (station / "meshes").mkdir(parents=True)
    (site / "twin.yaml").write_text(SITE)
    (station / "twin.yaml").write_text(STATION)
    (station / "viewpoints.yaml").write_text("viewpoints:\n  - { name: Pumps, eye: [-9, -9, 5], target: [2, 0, 1] }\n")
    (station / "scenarios").mkdir()
    (station / "scenarios" / "fast.yaml").write_text(FAST)
    (station / "meshes" / "casing.stl").write_text(TRIANGLE)
    return site


@pytest.fixture(scope="module")
def site(folder) -> Twin:
    return load(folder)


def changed(folder: Path, to: Path, **files: str) -> Path:
    shutil.copytree(folder, to)
    for name, text in files.items():
        (to / name.replace("__", "/")).with_suffix(".yaml").write_text(text)
    return to


def test_that_a_nested_twin_stands_below_its_asset_with_all_that_it_has(folder, site):
    assert check(folder) == []
    assert site.roots == ("", "north", "south")
    assert (site.assets["north"].name, site.assets["south"].name) == ("Pump station", "South station")
    assert site.root_of("north/P1") == "north"
    assert site.tags["north/P1.flow"].asset == "north/P1"
    assert site.tags["south/P2.speed"].address["mqtt"] == "south/P2/speed"
    assert site.tags["south/M.wind_speed_80m"].address["mqtt"] == "south/mast/wind", "one address for each of them"
    assert {"north/P1.flow/high", "south/dry"} <= set(site.alarms)
    assert site.alarms["south/dry"].viewpoint == "south/Pumps"
    assert [(view.name, view.asset) for view in site.viewpoints] == [("north/Pumps", "north"), ("south/Pumps", "south")]
    assert ("north/P1", "north/P2") in {(each.subject, each.object) for each in site.relations}
    assert "terrain" not in site.environment
    assert any(knob.key == "north/wind.mean_speed" for knob in knobs_of(site, "north/wind"))


def test_that_each_runs_as_it_would_alone_and_the_outer_one_reads_all(folder, site):
    alone, both = (
        Plant(load(folder / "stations" / "pumps"), START),
        Plant(site, START, faults=injections(["south.worn"], site, START)),
    )
    for plant, paths in ((alone, ["P1"]), (both, ["north/P1"])):
        for path in paths:
            plant.set(f"{path}.speed_setpoint", 1500.0)
    told = both.run_to(START + 60 * SECOND)
    alone.run_to(START + 60 * SECOND)
    for pump in ("P1", "P2"):
        assert both.output(f"north/{pump}", "speed") == alone.output(pump, "speed"), "which no noise touches"
        warm, alone_warm = both.output(f"north/{pump}", "bearing_temperature"), alone.output(pump, "bearing_temperature")
        assert warm == pytest.approx(alone_warm, abs=0.5), "the air's temperature has noise of another key"
    assert both.output("south/P1", "bearing_temperature") > both.output("north/P2", "bearing_temperature"), (
        "only that one is worn"
    )
    assert both.output("south/P1", "speed") > 1.5 * both.output("north/P1", "speed")
    winds = [both.output(path, "wind_speed_80m") for path in ("M", "north/M", "south/M")]
    assert np.allclose(winds, [5.0, 12.0, 12.0], rtol=0.1), "each stands in the wind of its own package"
    assert "south/P2.flow" in {channel.path for channel in told.channels}


def test_that_a_recording_of_it_opens_alone_with_tags_computed_across_the_nested_ones(site, folder, tmp_path):
    path = tmp_path / "site.twin-recording"
    plant = Plant(site, START)
    plant.set("north/P1.speed_setpoint", 1500.0)
    with RecordingFile.create(path, zipped(folder), site.id, START) as file:
        told = plant.run_to(START + 20 * SECOND)
        file.append(told)
        file.append(derive(site, file, told, lambda share: None).samples)
    with open_record(path) as recording:
        twin = load_zipped(recording.package_at(START) or b"")
        snapshot = recording.at(START + 20 * SECOND)
    value = lambda tag: snapshot.reading(tag).value  # noqa: E731
    assert twin.tags == site.tags
    flows = [value(f"{station}/{pump}.flow") for station in ("north", "south") for pump in ("P1", "P2")]
    assert value("north.total") == pytest.approx(flows[0] + flows[1], rel=1e-6)
    assert value("water") == pytest.approx(sum(flows), rel=1e-6)
    assert value("first") == pytest.approx(flows[0] + flows[2] + flows[3], rel=1e-6)
    assert value("north/P1.share") == pytest.approx(100 * flows[0] / (flows[0] + flows[1]), rel=1e-6)


def test_that_parts_stand_in_the_frame_of_their_twin(folder, site):
    from twins.package.opening import OpenPackage

    opened = OpenPackage.at(folder)
    stage = Stage.of(site, opened.meshes(), lambda x, y: 3.0)
    opened.close()
    corner = {asset: stage.frame[i, :3, 3] for i, asset in enumerate(stage.homes)}
    assert corner["north/P1"] == pytest.approx([100, 50, 3])
    assert corner["north/P2"] == pytest.approx([100, 46, 3]), "east of a twin that faces east is south"
    assert corner["south/P2"] == pytest.approx([4, -80, 20]), "on the floor of a twin that was put at a height"


def test_that_a_fault_of_a_nested_package_is_told_in_its_own_file(folder, tmp_path):
    site = changed(folder, tmp_path / "a", stations__pumps__twin=STATION.replace("total < 1 m^3/h", "total < 1 kW"))
    (site / "stations/pumps/types").mkdir()
    (site / "stations/pumps/types/more.yaml").write_text("types: { fan: { tagz: {} } }\n")
    faults = check(site)
    assert {fault.file for fault in faults} == {"stations/pumps/twin.yaml", "stations/pumps/types/more.yaml"}
    assert len(faults) == 2, "each once, however often the package is held"


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ("stations/pump", "there is no package “stations/pump” — did you mean “stations/pumps”?"),
        ("../site", "can't be such a name"),
        ("stations/pumps, type: mast", "an asset that is a twin of its own has what its package says"),
        ("stations/pumps, parent: nowhere", "no placed asset"),
    ],
)
def test_that_what_can_t_be_nested_is_refused_in_one_sentence(folder, tmp_path, held, sentence):
    site = changed(folder, tmp_path / "b", twin=SITE.replace("north, twin: stations/pumps", f"north, twin: {held}"))
    with pytest.raises(PackageError) as refused:
        load(site)
    assert any(sentence in str(fault) for fault in refused.value.faults), refused.value.faults


def test_that_a_twin_that_holds_itself_is_refused_and_so_is_a_second_of_one_name(folder, tmp_path):
    (tmp_path / "c").mkdir()
    loop = "twin: {{ id: {0} }}\nassets: [ {{ id: inner, twin: {1} }} ]\n"
    files = {
        "twin.yaml": loop.format("a", "b"),
        "twins/b/twin.yaml": loop.format("b", "c"),
        "twins/c/twin.yaml": loop.format("c", "b"),
    }
    for name, text in files.items():
        (tmp_path / "c" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / name).write_text(text)
    with pytest.raises(PackageError, match="a twin can't hold itself: the package → twins/b → twins/c → twins/b"):
        load(tmp_path / "c")
    twice = changed(folder, tmp_path / "d", twin=SITE.replace("id: south", "id: north"))
    assert any("there is a second “north”" in fault.message for fault in check(twice))


def test_that_a_shipped_twin_is_held_by_its_name_and_packed_with_what_holds_it(tmp_path):
    (tmp_path / "twin.yaml").write_text(
        "twin: { id: coast }\nassets: [ { id: ridge, twin: north-ridge, at: { x: 900, y: 0 } } ]\n"
    )
    twin = load_zipped(zipped(tmp_path))
    assert twin.tags == load(tmp_path).tags
    assert "ridge/T01.power" in twin.tags
    assert twin.assets["ridge/T01"].model["folder"] == "twins/north-ridge/"


def test_that_figures_plots_and_scenarios_of_a_nested_twin_are_those_of_the_whole_under_its_path(site):
    assert {(each.name, each.label) for each in site.figures} == {
        ("north.most", "Pump station: Most water"),
        ("south.most", "South station: Most water"),
    }
    assert Tally(site, site.figures).names == ("north.total", "south.total")
    south = next(plot for plot in site.plots if plot.asset == "south")
    assert (south.name, south.x, south.y) == ("south.curve", "south/P1.speed", "south/P1.flow")
    assert list(packaged(site)) == ["north/fast", "south/fast"]
    found = packaged_scenario(site, "south/fast")
    assert set(found.parameters) == {"south/wind.mean_speed"}
    assert found.orders[0].tag == "south/P2.speed_setpoint"
    assert found.faults == ("south/P1.worn@5 s",)
    assert replace(scenario_of(found.text, site), text=found.text) == found, "and its text is the whole's"
    models = Ensemble(site, START, SECOND)
    for _ in range(30):
        step_on(models, None, replace(found, faults=(), orders=()), START)
    places = [models.of(f"{station}/P2") for station in ("south", "north")]
    fast, slow = (group.outputs[group.row("outputs", "speed"), 0, i] for group, i in places)
    assert fast == pytest.approx(2000 * np.pi / 30, rel=0.05)
    assert slow > 1.2 * fast, "what is said of all there is said of all in that twin"


def test_that_a_fault_of_a_figure_or_a_plot_is_told_in_the_package_that_has_it(folder, tmp_path):
    wrong = STATION.replace("highest: total", "highest: totl").replace("y: P1.flow", "y: P1.flw")
    faults = check(changed(folder, tmp_path / "e", stations__pumps__twin=wrong))
    assert {fault.file for fault in faults} == {"stations/pumps/twin.yaml"}
    assert {fault.line for fault in faults} == {wrong[: wrong.index(word)].count("\n") + 1 for word in ("totl", "P1.flw")}


def test_that_one_machine_can_be_a_twin_that_others_hold_and_stands_alone_too(tmp_path):
    (tmp_path / "fan").mkdir()
    (tmp_path / "fan" / "twin.yaml").write_text(FAN)
    (tmp_path / "twin.yaml").write_text("twin: { id: house }\nassets: [ { id: F, twin: fan, at: { x: 5, y: 0, z: 9 } } ]\n")
    assert check(tmp_path) == check(tmp_path / "fan") == []
    house, alone = load(tmp_path), load(tmp_path / "fan")
    assert (house.assets["F"].name, house.assets["F"].tags) == ("Roof fan", ("F.speed", "F.power"))
    assert house.roots == ("", "F")
    assert house.tags["F.speed"].address["mqtt"] == "F/speed"
    assert set(alone.tags) == {"fan.speed", "fan.power"}
    assert [figure.name for figure in (*house.figures, *alone.figures)] == ["F.energy", "fan.energy"]
    assert Tally(house, house.figures).names == ("F.power",)
    from twins.package.opening import OpenPackage

    opened = OpenPackage.at(tmp_path)
    stage = Stage.of(house, opened.meshes(), lambda x, y: 3.0)
    opened.close()
    assert set(stage.homes) == {"F"}, "its components are parts of it"
    assert stage.frame[0, :3, 3] == pytest.approx([5, 0, 9])
    assert sorted(stage.cover >= 0) == [False, True], "and its casing covers them"
