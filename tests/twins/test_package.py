"""A package on disk becomes a twin, or a list of what is wrong with it."""

import io
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from twins.asset import AssetKind, Limits, Relation, TagKind
from twins.clock import SECOND
from twins.package import PackageError, load, load_zipped, zipped
from twins.package.archive import files_in
from twins.package.document import read_document
from twins.package.quantities import _EVERYDAY, _by_dimension, quantity_of
from twins.package.schema import json_schema

SKID = Path(__file__).parent / "skid"
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
DESIGN_EXAMPLE = """
twin: { id: north-ridge, name: North Ridge wind farm, kind: system }
types:
  wind-turbine:
    kind: component
    tags:
      power: { unit: kW, range: [0, 2050], period: 1s, address: { mqtt: "farm/{asset}/power" } }
      gearbox_oil_temperature: { unit: degC, limits: { high: 75, high_high: 80 }, period: 1s }
      state: { kind: enumeration, values: [stopped, starting, producing, fault], period: on change }
      specific_power: { unit: W/m^2, computed: "power / (pi * 41 m * 41 m)" }
      pitch_setpoint: { unit: deg, range: [0, 90], writable: true, role: operator, permissives: ["wind_speed < 25 m/s"] }
    parts:
      rotor: { mesh: meshes/turbine.glb#rotor, colour_by: rotor_speed, spin_by: rotor_speed }
    model: { physics: wind-turbine, parameters: { rotor_radius: 41 m } }
    faults:
      generator_cooling_loss: { parameter: cooling, profile: ramp, to: 0.2, over: 10 min }
assets:
  - { id: T01, type: wind-turbine, at: { x: 0, y: 0, heading: 240 } }
"""

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n" for before, after in zip("abcdef", "bcdefg", strict=True)
)


@pytest.fixture(scope="module")
def skid():
    return load(SKID)


def written(folder, **files):
    for name, text in files.items():
        (folder / name.replace("_yaml", ".yaml")).write_text(text, encoding="utf-8")
    return folder


def refused(path):
    with pytest.raises(PackageError) as caught:
        load(path)
    return [str(fault) for fault in caught.value.faults]


def test_that_assets_tags_and_relations_have_their_paths(skid):
    assert list(skid.assets)[:4] == ["", "TK1", "P1", "P1/bearing"]
    assert skid.assets["P1/M1"].parent == "P1"
    assert skid.assets[""].name == "Pump skid"
    assert skid.assets[""].tags == ("total_flow", "hottest", "running")
    assert {"P1.flow", "P1/bearing.wear", "P2/inlet.torque", "total_flow"} <= set(skid.tags)
    assert Relation("P1/M1", "drives", "P1") in skid.relations
    assert skid.timezone == "Europe/Paris"


def test_that_a_tag_has_what_was_written_and_sensible_defaults_for_the_rest(skid):
    temperature = skid.tags["P1.bearing_temperature"]
    assert (temperature.unit, temperature.quantity, temperature.label) == ("degC", "temperature", "Bearing temperature")
    assert (temperature.range, temperature.limits) == ((0.0, 120.0), Limits(high=80, high_high=95))
    assert (temperature.period_ns, temperature.decimals) == (SECOND, 1)
    assert temperature.address == {"mqtt": "skid/P1/bearing_temperature"}
    assert skid.tags["P1.state"].period_ns is None
    assert skid.tags["P1.state"].values == ("stopped", "running", "fault")
    assert skid.tags["P1.vibration"].period_ns == 600 * SECOND
    assert {skid.tags[f"P1.{name}"].kind for name in ("sealed", "starts", "message", "vibration")} == {
        TagKind.BOOLEAN,
        TagKind.INTEGER,
        TagKind.TEXT,
        TagKind.WAVEFORM,
    }
    assert skid.tags["P1.speed_setpoint"].writable
    assert skid.tags["P1.speed_setpoint"].permissives[0] == "state != fault"


def test_that_an_asset_overrides_single_fields_of_its_types_tags(skid):
    assert skid.tags["P1.flow"].range == (0.0, 40.0)
    assert skid.tags["P2.flow"].range == (0.0, 45.0)
    assert skid.tags["P2.flow"].limits == skid.tags["P1.flow"].limits


def test_that_components_show_tags_of_their_owner_and_keep_their_own(skid):
    bearing = skid.assets["P1/bearing"]
    assert bearing.shows == ("P1.bearing_temperature", "P1.vibration")
    assert bearing.tags == ("P1/bearing.wear",)
    assert bearing.headline == "P1.bearing_temperature"
    assert skid.assets["TK1"].headline == "TK1.level"
    assert skid.assets["P1"].kind is AssetKind.COMPONENT


def test_that_parts_name_tags_and_other_parts_of_the_same_placed_asset(skid):
    parts = {part.name: part for asset in skid.assets.values() if asset.path.startswith("P2") for part in asset.parts}
    assert parts["shaft"].spin_by == "P2.speed"
    assert parts["bearing"].on == "shaft"
    assert parts["bearing"].asset == "P2/bearing"
    assert parts["inlet/bolts"].on == "inlet/ring"  # of a type that was taken over twice
    assert "outlet/ring" in parts
    assert "shape" in parts["casing"].geometry


def test_that_viewpoints_are_read(skid):
    assert [view.name for view in skid.viewpoints] == ["Overview", "Pump bearing"]
    assert skid.viewpoints[1].asset == "P1/bearing"


def test_that_the_example_of_the_design_loads_as_it_is_written(tmp_path):
    twin = load(written(tmp_path, twin_yaml=DESIGN_EXAMPLE))
    assert twin.assets["T01"].model == {"physics": "wind-turbine", "parameters": {"rotor_radius": "41 m"}}
    assert twin.assets["T01"].faults["generator_cooling_loss"]["over"] == "10 min"
    assert twin.assets["T01"].parts[0].geometry == {"mesh": "meshes/turbine.glb#rotor"}
    assert twin.tags["T01.power"].address == {"mqtt": "farm/T01/power"}


def test_that_a_parent_may_stand_after_its_child(tmp_path):
    text = "twin: { id: a }\nassets:\n  - { id: C, parent: P/Q }\n  - { id: Q, parent: P }\n  - { id: P }\n"
    assert list(load(written(tmp_path, twin_yaml=text)).assets) == ["", "P", "P/Q", "P/Q/C"]


def test_that_a_zip_of_a_package_is_the_same_twin(skid, tmp_path):
    content = zipped(SKID)
    (tmp_path / "skid.zip").write_bytes(content)
    assert load_zipped(content) == skid == load(tmp_path / "skid.zip")
    assert zipped(tmp_path / "skid.zip") == content


def test_that_the_zip_holds_the_packages_own_files_only_and_is_the_same_each_time(tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(SKID, folder)
    (folder / "notes.docx").write_bytes(b"private")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    assert zipped(folder) == zipped(SKID)
    with zipfile.ZipFile(io.BytesIO(zipped(folder))) as packed:
        assert "types/machines.yaml" in packed.namelist()
        assert "notes.docx" not in packed.namelist()


def test_that_a_zip_of_the_folder_itself_is_read_too(skid):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for path in SKID.rglob("*"):
            packed.write(path, f"skid/{path.relative_to(SKID).as_posix()}")
    assert load_zipped(content.getvalue()) == skid


def packed_with(name, data=b"x", mode=0o100644):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("twin.yaml", "twin: { id: a }\n")
        entry = zipfile.ZipInfo(name)
        entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        packed.writestr(entry, data)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (packed_with("../evil.yaml"), "outside the package"),
        (packed_with("/etc/passwd"), "outside the package"),
        (packed_with("meshes/../../evil.glb"), "outside the package"),
        (packed_with("c:\\evil.yaml"), "outside the package"),
        (packed_with("types/link.yaml", b"/etc/passwd", stat.S_IFLNK | 0o777), "is a link"),
        (packed_with("meshes/bomb.stl", b"\0" * (257 << 20)), "at most"),
        (b"PK\x03\x04 not really", "neither a folder nor a zip"),
        (b"", "neither a folder nor a zip"),
    ],
    ids=["parent", "absolute", "inner parent", "drive", "symlink", "bomb", "broken", "empty"],
)
def test_that_a_dishonest_zip_is_refused_in_one_sentence(content, said):
    with pytest.raises(PackageError) as caught:
        load_zipped(content)
    assert len(caught.value.faults) == 1
    assert said in str(caught.value)


def test_that_a_damaged_zip_is_refused_wherever_it_is_damaged():
    content = bytearray(zipped(SKID))
    for place in range(0, len(content), 97):
        damaged = bytes(content[:place]) + bytes([content[place] ^ 0x40]) + bytes(content[place + 1 :])
        try:
            load_zipped(damaged)
        except PackageError as problem:
            assert problem.faults


def test_that_a_zip_of_too_many_files_is_refused():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for k in range(10_001):
            packed.writestr(f"types/{k}.yaml", "")
    with pytest.raises(PackageError, match="10,000 files"):
        files_in(content.getvalue())


def test_that_a_link_out_of_the_folder_is_refused(tmp_path):
    written(tmp_path, twin_yaml="twin: { id: a }\n")
    (tmp_path / "README.md").symlink_to("/etc/hostname")
    assert "leads out of the package" in refused(tmp_path)[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p / "absent", "no such folder or file"),
        (lambda p: p, "there is no twin.yaml in it"),
        (lambda p: written(p, twin_yaml=""), "the file is empty"),
        (lambda p: written(p, twin_yaml="# only words\n"), "there is nothing in it"),
        (lambda p: written(p, twin_yaml="- a\n- b\n"), "a mapping is due"),
        (lambda p: written(p, twin_yaml="twin: [a]\n"), "a mapping is due"),
        (lambda p: written(p, twin_yaml="twin: { id: a\n"), "not YAML"),
        (lambda p: written(p, twin_yaml="twin: { id: a }\n---\ntwin: { id: b }\n"), "second document"),
    ],
)
def test_that_what_is_no_package_gives_one_clear_fault(tmp_path, make, said):
    faults = refused(make(tmp_path))
    assert len(faults) == 1
    assert said in faults[0]
    assert " — " in faults[0]


def test_that_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path):
    (tmp_path / "twin.yaml").write_bytes("twin:\n  id: a\n  name: Pumpstation Köln\n".encode("latin-1"))
    assert refused(tmp_path) == ["twin.yaml:3: this is not UTF-8 text — save the file as UTF-8"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: !!python/object/apply:os.system ['touch /tmp/x']", 1, "asks to run something"),
        ("a: 1\nb: 2\na: 3", 3, "for the second time, first on line 1"),
        ("a: *b", 1, "refers to nothing"),
        ("[" * 300, 1, "deep"),
        ("? [a, b]\n: 1", 1, "a key must be a word"),
        (BOMB, 6, "unfolds"),
        ("a:\n\t- b", 2, "not YAML"),
        ("a: \x07", 0, "not YAML"),
    ],
)
def test_that_hostile_or_broken_yaml_gives_a_fault_and_runs_nothing(text, line, said):
    faults = read_document("f.yaml", text.encode()).faults
    assert [fault.line for fault in faults] == [line]
    assert said in str(faults[0])


def test_that_a_document_knows_its_lines_and_reads_words_as_words():
    document = read_document("f.yaml", b"a: on\nb:\n  - { c: 12:30, d: 1e3, e: 'true', f: true }\n  -\n    - 0x10\n")
    assert document.data == {"a": "on", "b": [{"c": "12:30", "d": 1000.0, "e": "true", "f": True}, ["0x10"]]}
    assert document.line(("b", 0, "d")) == 3
    assert document.line(("b", 1, 0)) == 5
    assert document.line(("b", 7)) == 2


def test_that_an_enormous_file_is_refused(tmp_path):
    written(tmp_path, twin_yaml="#" + "x" * (9 << 20))
    assert "keep it below 8 MB" in refused(tmp_path)[0]


def test_that_every_everyday_unit_is_named_as_its_dimension_would_be():
    shared = {"apparent power", "reactive power", "torque", "temperature difference", "specific energy"}
    for quantity, units in _EVERYDAY.items():
        for unit in units.split():
            if quantity not in shared:
                assert _by_dimension(unit) == quantity, unit
    assert quantity_of("furlong/fortnight") == "velocity"
    assert quantity_of("m^5") == "m^5"
    assert quantity_of("") == ""


def test_that_editors_get_a_schema_of_every_sort_of_file():
    schema = json_schema()
    assert schema["properties"].keys() == {"twin", "types", "assets", "relations", "environment", "figures", "plots"}
    assert schema["$defs"]["TagForm"]["additionalProperties"] is False
    assert "viewpoints" in json_schema("viewpoints.yaml")["properties"]


def test_that_pydantic_is_not_imported_before_a_package_is_read():
    code = "import sys, twins.package; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_ten_thousand_tags_load(tmp_path):
    tags = "".join(f"      t{k}: {{ unit: kW, range: [0, 1] }}\n" for k in range(100))
    assets = "".join(f"  - {{ id: A{k}, type: big }}\n" for k in range(100))
    written(tmp_path, twin_yaml=f"twin: {{ id: a }}\ntypes:\n  big:\n    tags:\n{tags}assets:\n{assets}")
    assert len(load(tmp_path).tags) == 10_000


def test_that_very_high_speaks_as_high_does_where_nothing_is_said_of_it():
    farm = load(Path(__file__).parents[2] / "resources" / "twins" / "north-ridge")
    high, very = (farm.alarms[f"T01.gearbox_bearing_temperature/{each}"] for each in ("high", "high_high"))
    assert very.action == high.action != ""
    assert very.message.endswith("very high")
