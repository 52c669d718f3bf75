"""`check` names every fault of a package with its file, line and remedy."""

import random
import re
import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twins.checking import check
from twins.package import PackageError, load, zipped

SKID = Path(__file__).parent / "skid"
TWIN, MACHINES, VESSELS = "twin.yaml", "types/machines.yaml", "types/vessels.yaml"
ENERGY = 'computed: "power / flow"'


@pytest.fixture
def skid(tmp_path):
    folder = tmp_path / "skid"
    shutil.copytree(SKID, folder)
    return folder


def edit(folder, file, old, new):
    """One small edit; answers the line it was made on."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old} is not in {file}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def broken_by(folder, name):
    """The edit of that name; answers its line."""
    broken = BROKEN[name]
    return edit(folder, broken["file"], broken["old"], broken["new"])


BROKEN = yaml.safe_load((SKID.parent / "broken_skids.yaml").read_text(encoding="utf-8"))


def test_that_the_skid_is_sound_and_names_no_trade_of_the_core(skid):
    assert check(skid) == []


@pytest.mark.parametrize("name", BROKEN)
def test_that_each_kind_of_fault_is_told_with_file_line_and_remedy(skid, name):
    broken, line = BROKEN[name], broken_by(skid, name)
    found = check(skid)
    matching = [fault for fault in found if broken["said"] in fault.message]
    assert matching, "\n".join(map(str, found))
    fault = matching[0]
    assert fault.file == broken["file"]
    assert line <= fault.line <= line + 5
    assert broken["write"] in fault.remedy
    assert re.fullmatch(rf"{fault.file}:\d+: .+ — .+", str(fault))
    assert "Traceback" not in str(fault)


EXACT = [
    "unknown key", "wrong type", "a missing key", "duplicate id", "relation to nothing", "unknown unit", "limits out of order",
    "address collision", "mixed units", "an unknown name", "spin_by an unknown tag", "absent mesh",
    "a power without its sign", "a unit that is no unit and is reckoned with", "a tab",
    "a number without the unit of what it is compared with", "viewpoint with NaN",
    "too few numbers", "a bad id", "a tag computed from itself", "cyclic parts", "bad timezone",
]  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_that_one_mistake_is_one_fault_on_its_very_line(skid, name):
    line = broken_by(skid, name)
    follow_ups = {"a missing key", "duplicate id", "a bad id"}  # what was the asset is named elsewhere
    faults = check(skid)
    assert (BROKEN[name]["file"], line) in {(fault.file, fault.line) for fault in faults}
    if name not in follow_ups:
        assert len(faults) == 1, "\n".join(map(str, faults))


def test_that_many_faults_are_all_told_at_once(skid):
    names = [
        "unknown key of a tag", "unknown unit", "limits out of order", "address collision", "mixed units", "an unknown word",
        "duplicate part", "spin_by an unknown tag", "turn_by no angle", "colour_by an unknown tag", "unknown asset type",
        "relation to nothing", "bad timezone", "viewpoint with NaN", "viewpoint of nothing", "unknown key of a shape",
        "override of no tag", "a bad period", "an unknown terrain key", "a fault without a subject", "unknown component type",
    ]  # fmt: skip
    for name in names:
        broken_by(skid, name)
    (skid / "mappings" / "broken.yaml").write_text("a: [1\n")
    told = "\n".join(map(str, check(skid)))
    missing = [name for name in names if BROKEN[name]["said"] not in told and name != "unknown asset type"]
    assert missing == []
    assert "mappings/broken.yaml" in told


def test_that_a_circle_of_parents_is_told(skid):
    edit(skid, TWIN, "{ id: TK1, type: tank,", "{ id: TK1, parent: V1, type: tank,")
    line = edit(skid, TWIN, "name: Control valve,", "name: Control valve, parent: TK1,")
    told = [str(fault) for fault in check(skid)]
    assert f"twin.yaml:{line}: V1 is its own parent: V1 → TK1 → V1 — remove the parent of one of them" in told


def test_that_a_circle_of_computed_tags_over_several_assets_is_told(skid):
    edit(skid, MACHINES, ENERGY, 'computed: "total_energy / 2"')
    edit(
        skid,
        TWIN,
        "    running:",
        '    total_energy: { unit: kWh/m^3, computed: "mean(children.specific_energy)" }\n    running:',
    )
    faults = check(skid)
    assert any("computed from itself" in fault.message and "total_energy" in fault.message for fault in faults)


def test_that_a_type_nothing_is_of_is_judged_too(skid):
    text = (skid / VESSELS).read_text() + '\n  spare:\n    tags: { load: { unit: kWatts, computed: "1 +" } }\n'
    (skid / VESSELS).write_text(text)
    assert {fault.message.partition(":")[0] for fault in check(skid)} == {"load"}
    assert len(check(skid)) == 2
    assert "a spare" not in load(skid).assets


def test_that_a_mesh_is_looked_into_in_a_folder_and_in_a_zip(skid, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    (skid / "meshes").mkdir()
    scene = trimesh.Scene({"frame": trimesh.creation.box(), "impeller": trimesh.creation.icosphere(subdivisions=1)})
    scene.export(skid / "meshes" / "pump.glb")
    edit(skid, MACHINES, "shape: { box: { size: [1.6, 0.6, 0.1] } }", "mesh: meshes/pump.glb#frame")
    assert check(skid) == []
    edit(skid, MACHINES, "pump.glb#frame", "pump.glb#frme")
    (tmp_path / "skid.zip").write_bytes(zipped(skid))
    for place in (skid, tmp_path / "skid.zip"):
        assert [fault.message for fault in check(place)] == ["the mesh file meshes/pump.glb has no part “frme”"]
        assert check(place)[0].remedy == "did you mean “frame”?"
    (skid / "meshes" / "pump.glb").write_bytes(b"glTF, no")
    assert "can't be used" in check(skid)[0].message


@pytest.mark.parametrize("name", ["unknown key", "wrong type", "duplicate id", "relation to nothing", "cyclic types", "not YAML"])
def test_that_what_breaks_the_form_is_not_loaded_and_told_alike(skid, name):
    broken_by(skid, name)
    with pytest.raises(PackageError) as caught:
        load(skid)
    assert set(caught.value.faults) <= set(check(skid))


@pytest.mark.parametrize("place", ["absent", "folder", "text"])
def test_that_what_is_no_package_is_one_fault(tmp_path, place):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("hello")
    assert len(check(tmp_path / place)) == 1


JUNK = [
    "[]",
    "{}",
    "null",
    "3",
    "true",
    ".nan",
    "*a",
    "&a b",
    "!!python/none x",
    "[1,2",
    "1e400",
    "9" * 30,
    "\t",
    "%",
    "`",
    "{{asset}}",
    "-",
    "''",
]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_that_no_damage_makes_anything_but_faults(tmp_path, seed):
    chance = random.Random(seed)
    shutil.copytree(SKID, tmp_path / "skid", dirs_exist_ok=True)
    file = chance.choice(sorted((tmp_path / "skid").rglob("*.yaml")))
    words = list(re.finditer(r"[\w.%/^-]+|\[[^\[\]]*\]|\{[^{}]*\}", text := file.read_text(encoding="utf-8")))
    word, other = chance.choice(words), chance.choice(words)
    file.write_text(text[: word.start()] + chance.choice([*JUNK, other[0], ""]) + text[word.end() :], encoding="utf-8")
    faults = check(tmp_path / "skid")
    assert all(fault.message and fault.remedy and "\n" not in str(fault) for fault in faults)
    try:
        load(tmp_path / "skid")
    except PackageError as problem:
        assert problem.faults
        assert set(problem.faults) <= set(faults)


SCENARIOS = {
    "name: Empty of sense\nfor: 20 mins and\n": (2, "“20 mins and” is not a duration", "like 10 min"),
    "for: 20\n": (1, "20 lacks its unit", "write 20 min"),
    "for: 20 min\ncommands:\n  - { at: 80 min, tag: P1.speed_setpoint, value: 1500 rpm }\n": (
        3, "the run ends after 20 min", "write a longer for:",
    ),
    "for: 20 min\nfaults: [P1.worn_bearing@1 h]\n": (2, "P1.worn_bearing@1 h begins after 60 min", "let it begin sooner"),
    "for: 1 h\nfaults:\n  - P1.worn_bering@1 min\n": (3, "there is no fault “worn_bering” of P1", "did you mean “worn_bearing”"),
    "commands: [{ tag: P1.speed_setpoint, value: 9000 rpm }]\n": (1, "outside what P1.speed_setpoint can be", "0 to 3000 rpm"),
    "commands: [{ tag: P1.speed_setpoint, value: 3 bar }]\n": (1, "bar can't be converted to rpm", "write it like 1 rpm"),
    "commands: [{ tag: P1.speed, value: 3 rpm }]\n": (1, "“P1.speed” can't be commanded", "did you mean “P1.speed_setpoint”"),
    "": (0, "the file is empty", "or delete the file"),
    "# nothing\n": (0, "this is no scenario", "write keys"),
}  # fmt: skip


@pytest.mark.parametrize("text", SCENARIOS)
def test_that_a_scenario_of_the_package_is_judged_without_being_run(skid, text):
    (skid / "scenarios").mkdir()
    (skid / "scenarios/sound.yaml").write_text("for: 1 h\nfaults: [P1.worn_bearing@5 min]\n")
    (skid / "scenarios/x.yaml").write_text(text)
    (found,) = check(skid)
    line, said, remedy = SCENARIOS[text]
    assert (found.file, found.line) == ("scenarios/x.yaml", line)
    assert said in found.message
    assert remedy in found.remedy


def test_that_a_mapping_of_the_package_is_judged_without_its_file(skid):
    (skid / "mappings/x.yaml").write_text("time: { column: t }\nasset: P9\ntags:\n  F: { tag: flow, unit: kW }\n  G: flwo\n")
    assert [(each.file, each.line) for each in check(skid)] == [("mappings/x.yaml", line) for line in (2, 4, 5)]


def test_that_yaml_that_is_never_read_is_named(skid):
    for name in (
        "types/x.yml",
        "typs/y.yaml",
        "viewpoint.yaml",
        "docs/z.yaml",
        "README.yaml",
        "compose.yaml",
        "models/more/c.yaml",
    ):
        (skid / name).parent.mkdir(parents=True, exist_ok=True)
        (skid / name).write_text("types: {}\n")
    found = {each.file: each.remedy for each in check(skid)}
    assert found == {
        "types/x.yml": "call it types/x.yaml",
        "typs/y.yaml": "did you mean “types”? call the folder so",
        "viewpoint.yaml": "did you mean “viewpoints.yaml”?",
    }
