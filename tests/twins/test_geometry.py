"""Shapes are closed and right side out, faults are told all at once, and files nobody vouches for do no harm."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from twins.asset import Part
from twins.geometry.contours import contours
from twins.geometry.creases import creased, weld
from twins.geometry.frames import frame, placed, turn
from twins.geometry.mesh import GeometryError, Mesh
from twins.geometry.placing import build_part
from twins.geometry.reader import part_names, read_mesh
from twins.geometry.shapes import build, faults
from twins.geometry.terrain import height, terrain, terrain_faults
from twins.package.loader import load

BLADE = {
    "loft": {
        "smooth": 2,
        "sections": [
            {"at": 1.0, "chord": 2.0},
            {"at": 3.0, "outline": "airfoil", "chord": 2.2, "thickness": 0.8},
            {"at": 9.0, "outline": "airfoil", "chord": 3.2, "thickness": 0.35, "camber": -0.02, "twist_deg": -12},
            {"at": 40.0, "outline": "airfoil", "chord": 0.3, "thickness": 0.14, "camber": -0.02, "offset": [0.0, 0.9]},
        ],
    }
}
SHAPES = {
    "box": ({"box": {"size": [1, 2, 3]}}, 6.0),
    "box with cut edges": ({"box": {"size": [1, 2, 3], "bevel": 0.1}}, 5.885),
    "cylinder": ({"revolve": {"profile": [[0, 0], [1, 0], [1, 2], [0, 2]], "sides": 200}}, 2 * math.pi),
    "cylinder told downwards": ({"revolve": {"profile": [[1, 2], [1, 0]], "sides": 200}}, 2 * math.pi),
    "ring": ({"revolve": {"profile": [[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]], "sides": 200}}, 3 * math.pi),
    "angle": ({"extrude": {"outline": [[0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]], "height": 0.5}}, 1.5),
    "angle told clockwise": ({"extrude": {"outline": [[0, 2], [1, 2], [1, 1], [2, 1], [2, 0], [0, 0]], "height": 0.5}}, 1.5),
    "square bar": ({"loft": {"sections": [{"at": 0, "outline": "square"}, {"at": 4, "outline": "square"}]}}, 4.0),
    "rounded bar": ({"loft": {"sections": [{"at": z, "outline": "square", "corner": 0.5} for z in (0, 4)], "sides": 200}}, 3.785),
    "blade": (BLADE, None),
    "bent tube": ({"tube": {"path": [[0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1]], "radius": 0.1, "sides": 100}}, 0.03 * math.pi),
    "row": ({"repeat": {"of": {"box": {"size": [1, 1, 1]}}, "count": 3, "step": [2, 0, 0]}}, 3.0),
    "wheel": ({"repeat": {"of": {"box": {"size": [1, 1, 1]}, "move": [3, 0, 0]}, "count": 4, "turn_deg": 90}}, 4.0),
    "two": (
        {"join": [{"box": {"size": [1, 1, 1]}, "move": [5, 0, 0], "rotate": [10, 20, 30]}, {"box": {"size": [1, 1, 1]}}]},
        2.0,
    ),
}
HILLS = {
    "size": [4000, 3000],
    "resolution": 25,
    "seed": 4,
    "relief": 30,
    "hills": [{"at": [900, 0], "height": 60, "radius": 900}],
    "pads": [{"at": [-500, 200], "radius": 50}],
    "contour": 5,
}
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
EVIL = Path(__file__).parents[3] / "shared" / "data" / "assets_3d"


@pytest.mark.parametrize("name", SHAPES)
def test_that_every_shape_is_closed_and_right_side_out(name):
    described, volume = SHAPES[name]
    mesh = build(described)
    assert is_closed(mesh)
    assert mesh.volume > 0
    assert volume is None or mesh.volume == pytest.approx(volume, rel=2e-3)


@pytest.mark.parametrize("name", SHAPES)
def test_that_normals_are_of_unit_length_and_point_where_their_triangles_do(name):
    mesh = build(SHAPES[name][0])
    a, b, c = (mesh.points[mesh.triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    assert np.allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)
    towards = np.einsum("ij,ikj->ik", across, mesh.normals[mesh.triangles])
    assert (towards > 0).all()


def test_that_arrays_have_the_types_that_are_drawn_without_a_copy():
    mesh = build(SHAPES["two"][0])
    assert (mesh.points.dtype, mesh.normals.dtype, mesh.triangles.dtype) == (np.float32, np.float32, np.int32)


def test_that_a_box_is_sharp_and_a_tower_is_smooth():
    box = build({"box": {"size": [1, 1, 1]}})
    assert len(box.points) == 24
    tower = build({"revolve": {"profile": [[2, 0], [1.5, 40]], "sides": 32}})
    side = tower.points[:, 2] > 0
    radial = tower.normals[side & (np.abs(tower.normals[:, 2]) < 0.5)]
    assert len(radial) == 32  # one normal a point along the rim, and another for the cap
    assert len(tower.points) == 2 * 32 + 2 * 33


def test_that_a_sharper_angle_than_asked_stays_sharp():
    prism = {"profile": [[1, 0], [1, 1]], "sides": 8}
    sharp = build({"revolve": prism})
    smooth = build({"revolve": prism | {"sharp_deg": 60}})
    assert len(sharp.points) > len(smooth.points)


def test_that_a_root_of_full_thickness_is_a_circle():
    root = {"at": 0, "outline": "airfoil", "chord": 2.0, "thickness": 1.0}
    mesh = build({"loft": {"sections": [root, {"at": 1, "chord": 2.0}]}})
    rim = mesh.points[mesh.points[:, 2] == 0]
    assert np.allclose(np.linalg.norm(rim[:, :2], axis=1), 1.0, atol=1e-5)


def test_that_an_airfoil_leads_with_its_round_edge_and_is_as_thick_as_told():
    section = {"outline": "airfoil", "chord": 3.0, "thickness": 0.2}
    low, high = build({"loft": {"sides": 200, "sections": [section | {"at": 0}, section | {"at": 1}]}}).bounds
    assert low[0] == pytest.approx(-0.9, abs=1e-3)
    assert high[0] == pytest.approx(2.1, abs=1e-3)
    assert high[1] - low[1] == pytest.approx(0.6, rel=0.01)


def test_that_a_smoothed_loft_keeps_within_what_was_described():
    radii = [1.0, 1.0, 3.0, 3.0, 0.5]
    sections = [{"at": float(k), "chord": 2 * radius} for k, radius in enumerate(radii)]
    mesh = build({"loft": {"sections": sections, "smooth": 6}})
    radius = np.linalg.norm(mesh.points[:, :2], axis=1)
    below = mesh.points[:, 2] <= 1.0
    assert radius.max() == pytest.approx(3.0, abs=1e-5)
    assert np.allclose(radius[below & (radius > 0.01)], 1.0, atol=1e-5)


def test_that_every_fault_of_a_shape_is_told_at_once_with_its_place_and_remedy():
    described = {
        "join": [
            {"bxo": {"size": [1, 1, 1]}},
            {"box": {"size": [1, math.nan, 1], "colour": "red"}},
            {"loft": {"sections": [{"at": 0, "chrod": 1}, {"at": 1, "chord": -2}]}},
            {"tube": {"radius": 0.1}},
        ]
    }
    told = faults(described)
    assert told == [
        "shape.join[0] has the unknown key 'bxo'; did you mean box?",
        "shape.join[1].box has the unknown key 'colour'; use one of size, centre, bevel.",
        "shape.join[1].box.size must be a list of 3 numbers from 0.0001 to 100000, not [1, nan, 1].",
        "shape.join[2].loft.sections[0] has the unknown key 'chrod'; did you mean chord?",
        "shape.join[2].loft.sections[1].chord must be a number from 0.0001 to 100000, not -2.",
        "shape.join[3].tube lacks path; give it a list of 2 to 512 points of 3 numbers.",
    ]


@pytest.mark.parametrize(
    "described",
    [
        None,
        [],
        {},
        {"box": 3},
        {"box": {"size": [1, 1, 1]}, "tube": {"path": [[0, 0, 0], [0, 0, 1]], "radius": 1}},
        {"box": {"size": [1, 1, True]}},
        {"box": {"size": [1, 1, 1], "bevel": 0.5}},
        {"box": {"size": [1e300, 1, 1]}},
        {"revolve": {"profile": [[0, 0], [0, 1]]}},
        {"revolve": {"profile": [[-1, 0], [1, 1]]}},
        {"extrude": {"outline": [[0, 0], [1, 1], [1, 0], [0, 1.5]], "height": 1}},
        {"extrude": {"outline": [[0, 0], [1, 1], [2, 2]], "height": 1}},
        {"loft": {"sections": [{"at": 1}, {"at": 0}]}},
        {
            "loft": {
                "sections": [
                    {"at": 0, "outline": [[0, 0], [1, 0], [0, 1]]},
                    {"at": 1, "outline": [[0, 0], [1, 0], [1, 1], [0, 1]]},
                ]
            }
        },
        {"tube": {"path": [[0, 0, 0], [0, 0, 0]], "radius": 1}},
        {"tube": {"path": [[0, 0, 0], [0, 0, 1], [0, 0, 0.5]], "radius": 0.1}},
        {"repeat": {"of": {"box": {"size": [1, 1, 1]}}, "count": 3}},
        {"repeat": {"of": {"revolve": {"profile": [[1, 0], [1, 1]], "sides": 512}}, "count": 10000, "turn_deg": 1}},
    ],
)
def test_that_what_makes_no_solid_is_a_fault_and_never_a_crash(described):
    told = faults(described)
    assert told
    assert all(fault.endswith((".", "?")) for fault in told)
    with pytest.raises(GeometryError, match="shape"):
        build(described)


def test_that_deep_nesting_is_refused_in_a_sentence():
    described = {"box": {"size": [1, 1, 1]}}
    for _ in range(5000):
        described = {"join": [described]}
    assert "deep" in faults(described)[0]


def test_that_a_mirrored_mesh_is_still_right_side_out():
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    assert build(SHAPES["angle"][0]).moved(mirror).volume == pytest.approx(1.5)


def test_that_moving_a_mesh_moves_its_normals_too():
    mesh = build({"box": {"size": [2, 2, 2]}}).moved(frame((10, 0, 0), (0, 0, 90)))
    assert mesh.bounds[:, 0].tolist() == pytest.approx([9, 11])
    outwards = np.einsum("ij,ij->i", mesh.normals, mesh.points - np.array([10, 0, 0]))
    assert np.allclose(outwards, 1.0, atol=1e-5)


def test_that_a_heading_turns_clockwise_from_north_seen_from_above():
    forward = placed(0, 0, 0, 90) @ [0, 1, 0, 0]
    assert forward[:3] == pytest.approx([1, 0, 0])
    assert (turn((0, 0, -1), 240) @ [0, 1, 0, 0])[:3] == pytest.approx([-math.sqrt(3) / 2, -0.5, 0])


def test_that_angles_turn_about_x_then_y_then_z():
    assert (frame(rotate=(90, 0, 90)) @ [0, 1, 0, 1])[:3] == pytest.approx([0, 0, 1])
    assert (frame(rotate=(0, 90, 90)) @ [0, 0, 1, 1])[:3] == pytest.approx([0, 1, 0])


def test_that_nothing_joined_is_an_empty_mesh():
    assert len(Mesh.join([]).points) == 0
    assert Mesh.empty().bounds.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_that_loose_triangles_are_welded_before_they_are_smoothed():
    box = build({"box": {"size": [1, 1, 1]}})
    loose = box.points[box.triangles].reshape(-1, 3).astype(float)
    assert len(creased(loose, np.arange(len(loose)).reshape(-1, 3)).points) == 24


def test_that_the_ground_is_the_same_every_time_and_another_with_another_seed():
    first, again, other = terrain(HILLS), terrain(HILLS), terrain(HILLS | {"seed": 5})
    assert first.points.tobytes() == again.points.tobytes()
    assert not np.allclose(first.points, other.points)


def test_that_the_mesh_of_the_ground_lies_where_its_height_says():
    mesh = terrain(HILLS)
    east, north, up = mesh.points.T
    assert np.allclose(height(HILLS, east, north), up, atol=0.01)
    assert mesh.bounds[:, 0].tolist() == [-2000, 2000]
    assert (mesh.normals[:, 2] > 0.8).all()
    a, b, c = (mesh.points[mesh.triangles[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 2] > 0).all()


def test_that_a_hill_rises_and_a_pad_is_level():
    flat = {"size": [4000, 4000], "hills": HILLS["hills"]}
    assert float(height(flat, 900, 0)) == pytest.approx(60)
    around = np.linspace(0, 2 * np.pi, 24)
    pad = height(HILLS, -500 + 49 * np.cos(around), 200 + 49 * np.sin(around))
    assert np.ptp(pad) == pytest.approx(0, abs=1e-9)
    assert height(HILLS, -500, 200) == pytest.approx(pad[0])


def test_that_contour_lines_lie_on_the_ground_at_whole_heights_without_gaps():
    mesh = terrain(HILLS)
    points, segments = contours(HILLS, mesh)
    assert np.allclose(points[:, 2] % 5, np.round(points[:, 2] % 5 / 5) * 5, atol=1e-3)
    ends = np.bincount(segments.reshape(-1), minlength=len(points))
    inside = (np.abs(points[:, 0]) < 1999) & (np.abs(points[:, 1]) < 1499)
    assert (ends[inside] == 2).all()
    assert set(np.unique(ends)) <= {1, 2}
    assert len(contours({key: HILLS[key] for key in HILLS if key != "contour"})[0]) == 0


def test_that_faults_of_the_ground_are_told():
    told = terrain_faults({"size": [100, 0], "hill": [], "hills": [{"at": [0, 0], "height": 5}]})
    assert any("hill" in fault and "did you mean hills" in fault for fault in told)
    assert any("size" in fault for fault in told)
    assert "lacks radius" in terrain_faults(HILLS | {"hills": [{"at": [0, 0], "height": 5}]})[0]
    assert "too fine" in terrain_faults(HILLS | {"resolution": 0.5})[0]
    assert terrain_faults(HILLS) == []


def test_that_a_part_is_made_once_for_all_turbines(tmp_path):
    cache = {}
    first = build_part(Part("T01/blade1", "blade1", {"shape": BLADE}), tmp_path, cache)
    second = build_part(Part("T02/blade1", "blade1", {"shape": BLADE}), tmp_path, cache)
    assert second is first
    assert len(build_part(Part("T01", "yaw"), tmp_path, cache).points) == 0


def test_that_a_faulty_part_is_named(tmp_path):
    with pytest.raises(GeometryError, match="T01/hub, part hub: shape has the unknown key"):
        build_part(Part("T01/hub", "hub", {"shape": {"ball": {}}}), tmp_path, {})
    with pytest.raises(GeometryError, match="outside the package"):
        build_part(Part("T01/hub", "hub", {"mesh": "../../secret.stl"}), tmp_path, {})
    with pytest.raises(GeometryError, match=r"no mesh file pump\.glb"):
        build_part(Part("T01/hub", "hub", {"mesh": "pump.glb#impeller"}), tmp_path, {})


def test_that_a_file_gives_its_pieces_by_name_upright_and_in_place(tmp_path):
    import trimesh

    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box(extents=(1, 2, 3)), node_name="casing", geom_name="casing")
    lifted = trimesh.transformations.translation_matrix([0, 5, 0])
    scene.add_geometry(trimesh.creation.icosphere(subdivisions=1), node_name="impeller", geom_name="ball", transform=lifted)
    path = tmp_path / "pump.glb"
    path.write_bytes(scene.export(file_type="glb"))
    assert {"casing", "impeller", "ball"} <= set(part_names(path))
    casing = read_mesh(path, "casing")
    assert casing.bounds.tolist() == [[-0.5, -1.5, -1.0], [0.5, 1.5, 1.0]]  # glTF's y is up
    assert casing.volume == pytest.approx(6)
    assert read_mesh(path, "impeller").bounds[:, 2].tolist() == pytest.approx([4, 6])
    assert len(read_mesh(path).triangles) == 12 + 80
    with pytest.raises(GeometryError, match=r"pump\.glb has no piece called “shaft”; it has .*“casing”"):
        read_mesh(path, "shaft")


@pytest.mark.parametrize("ending", ["stl", "obj", "ply"])
def test_that_the_other_formats_are_read_as_they_stand(tmp_path, ending):
    import trimesh

    path = tmp_path / f"box.{ending}"
    trimesh.creation.box(extents=(1, 2, 3)).export(path)
    assert read_mesh(path).volume == pytest.approx(6)
    assert np.ptp(read_mesh(path).bounds, axis=0).ravel().tolist() == pytest.approx([1, 2, 3])


@pytest.mark.parametrize("content", [b"", b"glTF", b"glTF\x02\0\0\0\xff\xff\xff\xff", b"\0" * 200, b'{"asset":' * 3000])
@pytest.mark.parametrize("ending", ["glb", "stl"])
def test_that_nonsense_in_a_file_is_one_sentence_that_names_it(tmp_path, content, ending):
    path = tmp_path / f"bad.{ending}"
    path.write_bytes(content)
    with pytest.raises(GeometryError, match=rf"bad\.{ending} can't be used: .*; export it again") as told:
        read_mesh(path)
    assert "\n" not in str(told.value)


def test_that_a_file_reaches_no_other_file(tmp_path):
    (tmp_path / "secret.bin").write_bytes(b"\0" * 36)
    path = tmp_path / "greedy.gltf"
    path.write_text(
        '{"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],'
        '"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],'
        '"accessors":[{"bufferView":0,"componentType":5126,"count":3,"type":"VEC3"}],'
        '"bufferViews":[{"buffer":0,"byteLength":36}],"buffers":[{"byteLength":36,"uri":"secret.bin"}]}'
    )
    with pytest.raises(GeometryError, match="greedy"):
        read_mesh(path)


@pytest.mark.sample_data
@pytest.mark.skipif(not EVIL.is_dir(), reason="the sample data is not beside the project")
def test_that_an_assembly_keeps_the_names_of_its_nodes():
    path = next(EVIL.rglob("2CylinderEngine.glb"))
    names = part_names(path)
    assert any("Piston" in name for name in names)
    piston = read_mesh(path, next(name for name in names if "Piston" in name))
    assert 0 < len(piston.triangles) < len(read_mesh(path).triangles)


@pytest.mark.sample_data
@pytest.mark.skipif(not EVIL.is_dir(), reason="the sample data is not beside the project")
def test_that_evil_files_give_a_mesh_or_a_sentence():
    files = sorted(path for path in EVIL.rglob("*") if path.suffix in (".glb", ".gltf", ".stl", ".ply"))
    for path in files[:: max(len(files) // 12, 1)]:
        try:
            assert len(read_mesh(path).triangles)
        except GeometryError as sentence:
            assert path.name in str(sentence)


@pytest.fixture(scope="module")
def farm():
    """The demo farm and its meshes by part."""
    twin = load(NORTH_RIDGE)
    cache = {}
    meshes = {(part.asset, part.name): build_part(part, NORTH_RIDGE, cache) for a in twin.assets.values() for part in a.parts}
    return twin, meshes


def test_that_every_part_of_the_farm_is_closed_right_side_out_and_light(farm):
    _, meshes = farm
    turbine = {name: mesh for (asset, name), mesh in meshes.items() if asset.partition("/")[0] == "T01"}
    assert sum(len(mesh.triangles) for mesh in turbine.values()) < 36_000
    for name, mesh in turbine.items():
        assert name in ("yaw", "shaft_line", "rotor") or (mesh.volume > 0 and is_closed(mesh)), name


def test_that_a_turbine_of_the_farm_has_the_size_it_says(farm):
    twin, meshes = farm
    frames = {"": np.eye(4)}
    for part in twin.assets["T01"].parts + tuple(p for child in twin.children("T01") for p in child.parts):
        frames[part.name] = frames[part.on] @ frame(part.origin, part.rotate)
    assert frames["rotor"][:3, 3] == pytest.approx([0, 4, 80])  # hub height, upwind of the tower, which faces north
    tip = meshes["T01/blade1", "blade1"].moved(frames["blade1"]).bounds[1, 2]
    assert tip == pytest.approx(80 + 41, abs=0.5)
    blade = meshes["T01/blade1", "blade1"].moved(frames["blade1"]).points
    assert blade[:, 1].min() > 2.3  # in front of the tower, by more than a metre at its foot
    assert meshes["T01/tower", "tower"].bounds[1, 2] < 78


def test_that_the_farm_stands_on_level_ground(farm):
    twin, _ = farm
    ground = twin.environment["terrain"]
    assert terrain_faults(ground) == []
    for asset in twin.children(""):
        x, y = asset.at.x, asset.at.y
        around = height(ground, x + np.array([-30, 30, 0, 0]), y + np.array([0, 0, -30, 30]))
        assert np.ptp(around) < 0.01, asset.path


def is_closed(mesh: Mesh) -> bool:
    """Whether each edge is walked once in each direction, once points that coincide are one."""
    _, triangles = weld(mesh.points.astype(float), mesh.triangles.astype(int))
    edges = [edge for triangle in triangles.tolist() for edge in pairwise([*triangle, triangle[0]])]
    walked = set(edges)
    return all((end, start) in walked for start, end in walked) and len(edges) == len(triangles) * 3
