"""`new DIR --from FILE` makes a sound package of meshes, city models and tag lists, or refuses in one sentence."""

import json
import random
import struct

import numpy as np
import pytest

from tests.rig import main_py
from tests.twins.files_of_trades import BOX, BOX_FACES, city, glb
from twins import InputError
from twins.package.loader import load
from twins.package.opening import OpenPackage
from twins.survey.faces import triangulated
from twins.survey.founding import found
from twins.survey.naming import paths_of, word
from twins.survey.reading import Reading, surveyed
from twins.survey.survey import Survey, Thing

MESH, PARENT = {"mesh": 0}, {"children": [1]}
SOLID = {"type": "Solid", "lod": "2.2", "boundaries": [BOX_FACES]}
WHOLE = {"type": "Building", "children": ["part"], "attributes": {"year": 1650, "roof": "gabled", "x": {"y": 1}}}
HOUSE = city({"part": {"type": "BuildingPart", "parents": ["whole"], "geometry": [SOLID]}, "whole": WHOLE}, BOX)


def made(tmp_path, name, content, reading=Reading()):  # noqa: B008
    (tmp_path / name).write_bytes(content)
    return surveyed(tmp_path / name, reading)


def world_boxes(folder):
    """The box of each asset that has a shape, in the world, as the scene draws it."""
    from scene.stage import Stage

    package = OpenPackage.at(folder)
    stage = Stage.of(package.twin, package.meshes(), lambda x, y: 0.0)
    return dict(zip((part.asset for part in stage.parts), stage.boxes(stage.rest), strict=True))


def test_that_a_glb_keeps_names_hierarchy_transforms_and_extras(tmp_path):
    half = 2**-0.5
    nodes = [
        {"name": "Pump set", "children": [1]},
        {"name": "Pump (1)", "translation": [10, 2, -3], "children": [2, 3], "mesh": 0, "extras": {"serial": "A-7"}},
        {"name": "Rotor", "mesh": 0, "rotation": [0, half, 0, half], "scale": [2, 2, 2], "translation": [1, 0, 0]},
        {"name": "Rotor", "mesh": 0, "scale": [-1, 1, 1]},
    ]
    (tmp_path / "pump.glb").write_bytes(glb(nodes, [0]))
    told = found(tmp_path / "pump", [tmp_path / "pump.glb"])
    assert (told.assets, told.shapes) == (3, 3)
    twin = load(tmp_path / "pump")
    assert twin.name == "Pump set"
    assert [(path, asset.name) for path, asset in twin.assets.items() if path] == [
        ("Pump-1", "Pump (1)"),
        ("Pump-1/Rotor", "Rotor"),
        ("Pump-1/Rotor-2", "Rotor"),
    ]
    assert twin.assets["Pump-1"].attributes == {"serial": "A-7"}
    boxes = world_boxes(tmp_path / "pump")  # z up: glTF's (x, y, z) is (x, −z, y)
    assert np.allclose(boxes["Pump-1"], [[10, 3, 2], [11, 3, 3]], atol=1e-5)
    assert np.allclose(boxes["Pump-1/Rotor"], [[11, 3, 2], [11, 5, 4]], atol=1e-5)
    assert np.allclose(boxes["Pump-1/Rotor-2"], [[9, 3, 2], [10, 3, 3]], atol=1e-5)
    assert twin.assets["Pump-1/Rotor"].at.x == pytest.approx(1)


def test_that_a_notice_is_kept_for_every_screen(tmp_path):
    (tmp_path / "heart.glb").write_bytes(glb([{"name": "Left ventricle", "mesh": 0}], [0]))
    made = main_py("new", str(tmp_path / "h"), "--from", str(tmp_path / "heart.glb"), "--notice", ' Not a "medical" device: no. ')
    assert made.returncode == 0, made.stderr
    assert load(tmp_path / "h").notice == 'Not a "medical" device: no.'
    longer = main_py("new", str(tmp_path / "i"), "--from", str(tmp_path / "heart.glb"), "--notice", "no " * 80)
    assert (longer.returncode, longer.stderr) == (1, "twindeck: --notice has 239 signs; say it in 200 at most\n")
    assert not (tmp_path / "i").exists()


def test_that_anatomy_is_marked_as_no_medical_device_without_being_asked(tmp_path):
    parts = [{"name": "VH_F_left_ventricle", "mesh": 0}, {"name": "VH_F_mitral_valve", "mesh": 0}]
    (tmp_path / "organ.glb").write_bytes(glb(parts, [0, 1]))
    told = found(tmp_path / "organ", [tmp_path / "organ.glb"])
    assert "Not a medical device" in load(tmp_path / "organ").notice
    assert any("VH_F_left_ventricle" in note for note in told.notes)
    found(tmp_path / "own", [tmp_path / "organ.glb"], notice="A wax model.")
    assert load(tmp_path / "own").notice == "A wax model."
    (tmp_path / "pump.glb").write_bytes(glb([{"name": "Heart valve", "mesh": 0}, {"name": "Pump", "mesh": 0}], [0, 1]))
    found(tmp_path / "pump", [tmp_path / "pump.glb"])
    assert load(tmp_path / "pump").notice == ""


def test_that_nodes_without_a_name_that_hold_several_parts_stay_in_the_hierarchy(tmp_path):
    nodes = [
        {"children": [1, 2]},
        {"children": [3, 4], "translation": [5, 0, 0]},
        {"name": "Case", "mesh": 0},
        {"name": "Piston", "mesh": 0},
        {"children": [5], "translation": [0, 0, -2]},  # a bare frame around one thing is none
        {"name": "Rod", "mesh": 0},
    ]
    (tmp_path / "engine.glb").write_bytes(glb(nodes, [0]))
    told = found(tmp_path / "engine", [tmp_path / "engine.glb"])
    assert (told.assets, told.shapes) == (4, 3)
    assert any(each.startswith("1 node without a name that holds several parts is called") for each in told.notes)
    twin = load(tmp_path / "engine")
    assert [path for path in twin.assets if path] == ["assembly", "Case", "assembly/Piston", "assembly/Rod"]
    boxes = world_boxes(tmp_path / "engine")
    assert np.allclose(boxes["assembly/Rod"][0] - boxes["Case"][0], [5, 2, 0], atol=1e-5)


def test_that_units_and_the_axis_that_is_up_are_said_or_guessed_aloud(tmp_path):
    corners = struct.pack("<12f", 0, 0, 1, 0, 0, 0, 100, 0, 0, 0, 300, 0) + b"\0\0"
    stl = bytes(80) + struct.pack("<I", 1) + corners
    guessed = made(tmp_path, "bolt.stl", stl)
    assert np.ptp(guessed.things[0].points, axis=0) == pytest.approx([0.1, 0.3, 0])
    assert "longest side is 300, millimetres were taken" in guessed.notes[0]
    said = made(tmp_path, "bolt.stl", stl, Reading("cm", "y"))
    assert np.ptp(said.things[0].points, axis=0) == pytest.approx([1, 0, 3])
    assert not said.notes


def test_that_an_obj_keeps_its_objects_and_groups_in_order(tmp_path):
    corners = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
    faces = "o Case\nf 1 2 3 4\no Wheel\ng left vane\nf 1/1/1 2/2/2 3\ng right vane\nf -4 -3 -1\n"
    things = made(tmp_path, "a.obj", (corners + faces).encode()).things
    assert [(t.name, t.parent, len(t.triangles)) for t in things] == [
        ("Case", -1, 2),
        ("Wheel", -1, 0),
        ("left vane", 1, 1),
        ("right vane", 1, 1),
    ]


def test_that_any_name_becomes_an_id_and_no_two_are_the_same():
    names = ["../../x", "<script>", "x" * 5000, "心臓", "Gehäuse Ø5", "a", "A", "a", "", "a-2"]
    paths = paths_of([Thing(name) for name in names])
    assert paths == ["x", "script", "x" * 48, "part", "Gehause-O5", "a", "A-2", "a-3", "part-2", "a-2-2"]
    assert word("Smoke Detector:Smoke Detector:610280") == "Smoke-Detector-610280"


def test_that_a_tag_list_is_bound_by_name_however_it_was_written(tmp_path):
    (tmp_path / "m.glb").write_bytes(glb([{"name": "VH_right_ventricle", "mesh": 0}], [0]))
    rows = [
        "Asset;Tag name;Engineering unit;Type;Min;Max;HH;H;Topic;Scan rate;Description",
        "Right ventricle;Pressure (sys.);mmHg;float;0;1 200,5;60;40;heart/p;1;Systolic",
        ";;;;;;;;;;",
        "Pump 7/motor;running;;BOOL;;;;;;;Whether it turns, as the contactor says.",
    ]
    (tmp_path / "t.csv").write_bytes("\r\n".join(rows).encode("utf-8-sig"))
    told = found(tmp_path / "out", [tmp_path / "m.glb", tmp_path / "t.csv"])
    assert (told.assets, told.tags) == (3, 2)
    assert "1 asset of t.csv has no shape by its name and was added: Pump 7/motor." in told.notes[0]
    tag = load(tmp_path / "out").tags["VH_right_ventricle.Pressure_sys"]
    assert (tag.unit, tag.range, tag.limits.high, tag.limits.high_high) == ("mmHg", (0, 1200.5), 40, 60)
    assert (tag.label, tag.period_ns, dict(tag.address)) == ("Systolic", 10**9, {"mqtt": "heart/p"})
    running = load(tmp_path / "out").tags["Pump-7/motor.running"]
    assert (running.label, running.description) == ("Running", "Whether it turns, as the contactor says.")


def test_that_a_source_without_a_name_gives_the_twin_that_of_its_folder(tmp_path):
    (tmp_path / "tags.csv").write_text("asset,tag,unit\nP1,flow,m^3/h\n")
    found(tmp_path / "feed-pump", [tmp_path / "tags.csv"])
    twin = load(tmp_path / "feed-pump")
    assert (twin.id, twin.name, twin.tags["P1.flow"].address["mqtt"]) == ("feed-pump", "Feed pump", "feed-pump/P1/flow")
    readme = (tmp_path / "feed-pump" / "README.md").read_text()
    assert "attributes.json" not in readme
    assert "meshes/" not in readme


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tag,unit\nP1.flow,furlong/fortnightt\n", "t.csv:2: “furlong/fortnightt” is no unit"),
        ("tag,min,max\nP1.flow,5,1\n", "t.csv:2: its range ends"),
        ("tag,high\nP1.flow,nan\n", "t.csv:2: “nan” is no number"),
        ("colour,size\n1,2\n", "t.csv:1: no column is called tag or path"),
        ("tag\nflow\n", "t.csv:2: it does not say which tag of which asset"),
        ("asset,tag\nP1,flow\nP2,flow\np1,flow\n", "t.csv:4: the tag “flow” of p1 stands in line 2 already; delete one of"),
        ("tag,topic\nP1.a,x\nP1.b,x\n", "t.csv:3: the address “x” is that of line 2 too"),
        ("", "t.csv is empty"),
    ],
)
def test_that_a_faulty_tag_list_is_refused_with_its_line(tmp_path, text, said):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError) as refused:
        found(tmp_path / "out", [tmp_path / "t.csv"])
    assert said in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_that_tags_whose_names_differ_in_signs_alone_are_both_kept(tmp_path):
    (tmp_path / "t.csv").write_text("asset,tag\nP1,T (in)\nP1,T [in]\n")
    found(tmp_path / "out", [tmp_path / "t.csv"])
    assert list(load(tmp_path / "out").assets["P1"].tags) == ["P1.T_in", "P1.T_in_2"]


def test_that_a_city_keeps_parents_attributes_and_every_digit_of_its_place(tmp_path):
    (tmp_path / "c.json").write_bytes(HOUSE)
    found(tmp_path / "city", [tmp_path / "c.json"])
    twin = load(tmp_path / "city")
    assert list(twin.assets) == ["", "whole", "whole/part"]
    assert twin.assets["whole"].attributes == {"id": "whole", "year": 1650, "roof": "gabled", "x": '{"y": 1}'}
    where = twin.georeference
    assert where.crs == "EPSG:7415"
    box = world_boxes(tmp_path / "city")["whole/part"] + np.array(where.origin)
    assert np.allclose(box, [[84000.123, 447000.456, -1.5], [84004.123, 447002.456, 1.5]], atol=1e-6, rtol=0)


def test_that_of_several_details_the_finest_or_the_one_asked_for_is_taken(tmp_path):
    geometry = [
        {"type": "MultiSurface", "lod": "1", "boundaries": BOX_FACES[:1]},
        {"type": "MultiSurface", "lod": "2.2", "boundaries": BOX_FACES},
    ]
    content = city({"a": {"type": "Building", "geometry": geometry}}, BOX)
    assert len(made(tmp_path, "c.json", content).things[0].triangles) == 12
    assert len(made(tmp_path, "c.json", content, Reading(lod="1")).things[0].triangles) == 2


def test_that_faces_with_holes_and_notches_keep_their_area():
    rng = np.random.default_rng(3)
    square = [[0, 0], [10, 0], [10, 10], [0, 10]]
    holes = [[[2, 2], [2, 4], [4, 4], [4, 2]], [[6, 5], [6, 9], [9, 9], [9, 5]]]
    comb = [[0, 0], [9, 0], [9, 5], [8, 5], [8, 1], [5, 1], [5, 5], [4, 5], [4, 1], [1, 1], [1, 5], [0, 5]]
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    for rings, area in (([square, *holes], 100 - 4 - 12), ([comb], 9 + 3 * 4), ([square], 100)):
        flat = np.array([point for ring in rings for point in ring], float)
        places = np.split(np.arange(len(flat)), np.cumsum([len(ring) for ring in rings])[:-1])
        points = np.column_stack([flat, np.zeros(len(flat))]) @ turn.T + 5
        a, b, c = (points[k] for k in triangulated(points, [[p.tolist() for p in places]]).T)
        normals = np.cross(b - a, c - a) / 2
        assert np.linalg.norm(normals, axis=1).sum() == pytest.approx(area)
        assert np.linalg.norm(normals.sum(axis=0)) == pytest.approx(area)  # all of them turned the same way


NAN = struct.pack("<9f", float("nan"), 0, 0, 1, 0, 0, 0, 1, 0)
DEEP = [{"name": "d", "children": [k + 1]} for k in range(200)] + [MESH]
HOSTILE = {
    "empty.glb": b"",
    "random.glb": random.Random(1).randbytes(5000),
    "random.ply": random.Random(2).randbytes(5000),
    "cut.glb": glb([MESH], [0])[:-8],
    "nan.glb": glb([MESH], [0], NAN),
    "circle.glb": glb([{"children": [1]}, {"children": [0], "mesh": 0}], [0]),
    "deep.glb": glb(DEEP, [0]),
    "many.glb": glb([MESH] * 25_000, list(range(25_000))),
    "shrunk.glb": glb([{"mesh": 0, "scale": [0, 0, 0]}], [0]),
    "glb.stl": glb([MESH], [0]),
    "nothing.json": city({}, []),
    "outside.json": city({"a": {"type": "Road", "geometry": [{"type": "MultiSurface", "boundaries": [[[0, 1, 9]]]}]}}, BOX),
    "above-itself.json": city({"a": {"type": "Building", "parents": ["a"]}}, BOX),
    "wrong.json": city({"a": {"type": "Road", "geometry": [7], "parents": 5}}, BOX),
    "nested.json": b'{"type":"CityJSON","x":' + b"[" * 100_000,
    "infinite.json": city({"a": {"type": "Road"}}, [[0, 0, 1e999]]),
    "note.docx": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_that_a_broken_or_hostile_file_is_refused_in_one_sentence_and_leaves_nothing(tmp_path, name):
    (tmp_path / name).write_bytes(HOSTILE[name])
    with pytest.raises(InputError) as refused:
        found(tmp_path / "out", [tmp_path / name])
    sentence = str(refused.value)
    assert name in sentence
    assert ";" in sentence
    assert len(sentence.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_that_a_folder_that_holds_anything_is_left_alone_and_a_cancelled_one_is_not_made(tmp_path):
    (tmp_path / "m.glb").write_bytes(glb([MESH], [0]))
    with pytest.raises(InputError, match="not empty"):
        found(tmp_path, [tmp_path / "m.glb"])
    with pytest.raises(InputError, match="cancelled"):
        found(tmp_path / "out", [tmp_path / "m.glb"], cancelled=lambda: True)
    assert [path.name for path in tmp_path.iterdir()] == ["m.glb"]


def test_that_a_child_that_was_taken_over_can_answer_no_nonsense():
    from twins.survey.survey import packed, unpacked

    fine = packed(Survey("a", [Thing("x"), Thing("y", 0)]))
    assert [thing.parent for thing in unpacked(fine).things] == [-1, 0]
    for change in (b'"parent": 0', b'"parent": 1'), (b'"equipment"', b'"!!python"'), (b"0.0, 0.0, 0.0", b"NaN, 0.0, 0.0"):
        said = bytes(fine["said"])
        assert change[0] in said
        with pytest.raises(ValueError, match="nonsense"):
            unpacked(fine | {"said": np.frombuffer(said.replace(*change), np.uint8)})


@pytest.mark.sample_data
def test_that_the_real_heart_has_its_fourteen_parts(sample_data, tmp_path):
    told = found(tmp_path / "heart", [sample_data / "health_heart" / "VH_F_Heart.glb"])
    twin = load(told.folder)
    assert told.shapes == 14
    assert twin.assets["VH_F_valve/VH_F_mitral_valve"].attributes["ontologyid"].startswith("UBERON")


@pytest.mark.sample_data
def test_that_delft_has_its_objects_where_they_are(sample_data):
    path = sample_data / "city_cityjson" / "delft.json"
    survey, content = surveyed(path, Reading()), json.loads(path.read_bytes())
    assert len(survey.things) == 570
    assert survey.georeference["crs"] == "EPSG:7415"
    titles = {each.title for each in survey.things}
    assert {"Building 1", "Water body 1"} <= titles, "whose ids tell nothing"
    thing = next(each for each in survey.things if each.sort == "Bridge")
    transform = content["transform"]
    places = np.unique([k for face in content["CityObjects"][thing.key]["geometry"][0]["boundaries"] for k in face[0]])
    real = np.array(content["vertices"])[places] * transform["scale"] + transform["translate"]
    kept = thing.points + np.array(thing.origin) + survey.georeference["origin"]
    assert np.allclose(kept.min(axis=0), real.min(axis=0), atol=1e-4, rtol=0)
    assert np.allclose(kept.max(axis=0), real.max(axis=0), atol=1e-4, rtol=0)


def test_that_a_twin_of_shapes_alone_has_its_picture_and_says_that_it_has_no_tags(tmp_path):
    (tmp_path / "m.glb").write_bytes(glb([{"name": "Pump", "mesh": 0}], [0]))
    package = tmp_path / "pump"
    found(package, [tmp_path / "m.glb"])

    drawn = main_py("picture", str(package))
    assert drawn.returncode == 0, drawn.stderr
    assert (package / "picture.png").stat().st_size > 1_000

    remedy = "write tags at its assets or their types, see docs/package.md"
    recorded = main_py("record", str(package), "--to", str(tmp_path / "r.twin-recording"))
    assert recorded.stderr == f"twindeck: {package} has no tags, so there is nothing to record; {remedy}\n"
    emulated = main_py("emulate", str(package), "--to", str(tmp_path / "e.twin-recording"))
    assert emulated.stderr == f"twindeck: Pump has no measured tags; {remedy}\n"
