"""IFC becomes storeys, spaces and elements with their GUIDs, and its electrical system feeds its loads."""

import importlib.util

import numpy as np
import pytest

from tests.twins.files_of_trades import ifc
from twins import InputError
from twins.package.loader import load
from twins.survey.founding import found
from twins.survey.reading import Reading, surveyed

READS_IFC = importlib.util.find_spec("ifcopenshell") is not None
pytestmark = pytest.mark.skipif(not READS_IFC, reason="ifcopenshell is not installed")


def made(tmp_path, content):
    (tmp_path / "a.ifc").write_bytes(content)
    return surveyed(tmp_path / "a.ifc", Reading())


def test_that_a_house_becomes_a_twin_with_its_electrical_system(tmp_path):
    (tmp_path / "a.ifc").write_bytes(ifc())
    found(tmp_path / "house", [tmp_path / "a.ifc"])
    twin = load(tmp_path / "house")
    floor = "Plot/House/Upper-floor"
    assert twin.name == "Test house"
    wanted = {f"{floor}/Wall-A", f"{floor}/101-Kitchen", f"{floor}/DB1", f"{floor}/Lamp", f"{floor}/DB1/Circuit-3-5", "C1"}
    assert wanted < set(twin.assets)
    wall = twin.assets[f"{floor}/Wall-A"]
    assert wall.attributes["GlobalId"] == "0000000000000000000008"
    assert wall.attributes["Pset_WallCommon.FireRating"] == "F90"
    assert (wall.type, twin.assets[f"{floor}/101-Kitchen"].type) == ("wall", "space")
    assert twin.assets[floor].at.z == pytest.approx(3)
    edges = {(each.subject, each.kind, each.object) for each in twin.relations}
    lamp, board = f"{floor}/Lamp", f"{floor}/DB1"
    assert {(board, "feeds", lamp), ("C1", "feeds", lamp), (board, "feeds", f"{board}/Circuit-3-5")} < edges
    assert (f"{board}/Circuit-3-5", "feeds", lamp) in edges
    assert (twin.georeference.latitude, twin.georeference.longitude) == (52.5, 13.25)


def test_that_placements_and_units_hold(tmp_path):
    wall = next(each for each in made(tmp_path, ifc()).things if each.name == "Wall A")
    points = wall.points + np.array(wall.origin)  # 4 m long, turned by 90 degrees, at (1, 2) m on the upper floor
    assert np.allclose([points.min(axis=0), points.max(axis=0)], [[0.9, 0, 3], [1.1, 4, 5.5]], atol=1e-5)


def test_that_two_files_of_one_house_share_its_storeys(tmp_path):
    other = ifc(("'Plot'", "'Other plot'"), ("'Wall A'", "'Wall B'"), ("'Lamp'", "'Second lamp'"))
    (tmp_path / "a.ifc").write_bytes(ifc())
    (tmp_path / "b.ifc").write_bytes(other)
    found(tmp_path / "house", [tmp_path / "a.ifc", tmp_path / "b.ifc"])
    twin = load(tmp_path / "house")
    assert [path for path, asset in twin.assets.items() if asset.type == "storey"] == ["Plot/House/Upper-floor"]
    assert {"Plot/House/Upper-floor/Wall-A", "Plot/House/Upper-floor/Wall-B"} < set(twin.assets)
    assert sum(asset.type == "space" for asset in twin.assets.values()) == 1


def test_that_coordinates_of_a_country_are_brought_near(tmp_path):
    survey = made(tmp_path, ifc(("#3=IFCCARTESIANPOINT((0.,0.,0.))", "#3=IFCCARTESIANPOINT((450000000.,5800000000.,0.))")))
    shaped = [each for each in survey.things if len(each.triangles)]
    assert max(np.abs(each.origin).max() for each in shaped) < 1000
    assert survey.georeference["origin"][1] > 5_000_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ifc()[:2000], "cut short"),
        (b"hello", "does not begin"),
        (ifc(("#15=IFCLOCALPLACEMENT(#10,#14)", "#15=IFCLOCALPLACEMENT(#34,#14)")), "stands on itself"),
        (ifc(("IFC4'", "IFC99'")), "schema"),
        (ifc(("#20=", "/*"), ("ENDSEC;\nEND", "*/ENDSEC;\nEND")), "a.ifc"),
    ],
)
def test_that_a_broken_file_is_refused_in_one_sentence(tmp_path, content, said):
    (tmp_path / "a.ifc").write_bytes(content)
    try:
        found(tmp_path / "out", [tmp_path / "a.ifc"])
    except InputError as refused:
        assert said in str(refused)
        assert not (tmp_path / "out").exists()
    else:
        assert said == "a.ifc"


@pytest.mark.sample_data
def test_that_the_real_electrical_file_tells_its_circuits_in_properties_alone(sample_data):
    survey = surveyed(sample_data / "building_ifc" / "Ifc2s3_Duplex_Electrical.ifc", Reading())
    circuits = [k for k, each in enumerate(survey.things) if each.sort == "Circuit"]
    panels = {survey.things[survey.things[k].parent].name.split(":")[2] for k in circuits}
    fed = [b for a, kind, b in survey.relations if kind == "feeds" and a in circuits]
    keys = ("Electrical - Loads.Panel", "Electrical - Loads.Circuit Number")
    said = [each for each in survey.things if all(each.attributes.get(key) for key in keys)]
    assert len(circuits) == 26
    assert {"Unit A Panelboard", "Unit B Panelboard"} < panels
    assert len(fed) == len(set(fed)) == len(said)
