from __future__ import annotations

import numpy as np
from PIL import Image

from scene.camera import Pose, projected
from scene.legend import CONDITION, Choice, ColourBy
from scene.palette import DARK, rgb
from scene.picture import write_png
from twins.record import Quality, quality_byte

POWER = Choice(ColourBy.TAG, "power", "Power")
FRONT = Pose.of([6, -40, 6], [6, 0, 4])  # M1 left, M2 right
GOOD = {"M1.power": 50.0, "M2.power": 180.0}


def post(picture, x):
    """The pixels in the middle of a machine's post, uint8[n, 3]."""
    height, width, _ = picture.shape
    (column, row, _), size = projected(FRONT, np.array([[x, -0.3, 2.0]]), width, height)[0], height // 100
    return picture[int(row) - 4 * size : int(row) + 4 * size, int(column) - size + 1 : int(column) + size].reshape(-1, 3)


def posts(picture):
    return post(picture, 0.0), post(picture, 12.0)


def test_that_a_good_value_has_exactly_the_legends_colour(yard, flat, off_screen):
    legend = flat.colour_by(POWER)
    flat.show(yard.snapshot(GOOD), 0.0)
    for pixels, value in zip(posts(off_screen(flat).picture(FRONT, 400, 300)), (50.0, 180.0), strict=True):
        assert (pixels == legend.colour(value)).all()


def test_that_without_a_quantity_equipment_has_its_own_colour(yard, flat, off_screen):
    flat.use_palette(DARK)
    flat.colour_by(CONDITION)
    flat.show(yard.snapshot(GOOD | {"M1.speed": 1.0}), 0.0)
    pixels, _ = posts(off_screen(flat).picture(FRONT, 400, 300))
    assert np.abs(pixels - np.array(rgb(DARK.equipment)) * 255).max() <= 1


def test_that_stale_is_greyed_and_hatched_and_uncertain_lightly_hatched_on_the_mesh_itself(yard, flat, off_screen):
    legend = flat.colour_by(POWER)
    window = off_screen(flat)
    flat.show(yard.snapshot(GOOD, ages_s={"M1.power": 9.0}, quality={"M2.power": quality_byte(Quality.UNCERTAIN)}), 0.0)
    stale, uncertain = posts(window.picture(FRONT, 400, 300))
    assert len(np.unique(stale, axis=0)) == len(np.unique(uncertain, axis=0)) == 2
    assert not (stale == legend.colour(50.0)).all(axis=1).any()
    own = (uncertain == legend.colour(180.0)).all(axis=1)
    assert 0.5 < own.mean() < 0.95


def test_that_a_hatch_is_as_wide_on_a_screen_of_twice_the_pixels(yard, flat, off_screen):
    flat.colour_by(POWER)
    flat.show(yard.snapshot(GOOD, ages_s={"M1.power": 9.0}), 0.0)
    window = off_screen(flat)

    def stripes(picture):
        height, width, _ = picture.shape
        ends = projected(FRONT, np.array([[0, -0.3, 3.5], [0, -0.3, 0.5]]), width, height)
        line = picture[int(ends[0, 1]) : int(ends[1, 1]), int(ends[0, 0])].astype(int).sum(axis=1)
        return int((np.diff(line) != 0).sum())

    once = stripes(window.picture(FRONT, 400, 300))
    flat.use_pixel_ratio(2.0)
    assert abs(stripes(window.picture(FRONT, 800, 600)) - once) <= 1
    assert once >= 6


def test_that_what_was_never_seen_does_not_look_like_any_value(yard, flat, off_screen):
    legend = flat.colour_by(POWER)
    flat.show(yard.snapshot({"M2.power": 1.0}), 0.0)
    absent, _ = posts(off_screen(flat).picture(FRONT, 400, 300))
    distance = np.linalg.norm(absent[:, None].astype(int) - legend.colours[None], axis=2)
    assert distance.min() > 20


def test_that_the_cover_over_a_selected_part_turns_to_glass_and_only_that(yard, flat, off_screen):
    legend = flat.colour_by(Choice(ColourBy.TAG, "winding_temperature", "Winding temperature"))
    values = {"M1.winding_temperature": 400.0, "M2.winding_temperature": 400.0}
    flat.show(yard.snapshot(values), 0.0)
    window = off_screen(flat)
    pose = Pose.of([0.0, -12, 4.75], [0, 0, 4.75])
    closed = window.picture(pose, 200, 200)[100, 100]
    assert tuple(closed) == legend.colour(400.0)  # the cover tells of what it hides
    flat.select("M1/gear")
    through = window.picture(pose, 200, 200)[100, 100].astype(int)
    assert np.abs(through - legend.colour(400.0)).max() < 40  # the winding, behind glass
    beside = window.picture(pose, 200, 200)[82, 100].astype(int)
    assert np.abs(beside - legend.colour(400.0)).max() > 40  # past the winding: no cover there any more
    other = Pose.of([12.0, -12, 4.75], [12, 0, 4.75])
    assert tuple(window.picture(other, 200, 200)[82, 100]) == legend.colour(400.0)


def test_that_light_still_shapes_what_is_coloured(yard, scene, off_screen):
    scene.colour_by(POWER)
    scene.show(yard.snapshot(GOOD), 0.0)
    picture = off_screen(scene).picture(Pose.of([-12, -12, 14], [0, 0, 4]), 400, 400)
    legend = scene.legend.colour(50.0)
    hue = np.argmax(legend)
    coloured = picture[(picture.argmax(axis=2) == hue) & (np.ptp(picture.astype(int), axis=2) > 40)]
    assert coloured[:, hue].max() > 1.3 * coloured[:, hue].min()


def test_that_the_selected_thing_has_a_rim(yard, scene, off_screen):
    scene.show(yard.snapshot(GOOD), 0.0)
    window = off_screen(scene)
    before = window.picture(FRONT, 400, 300).astype(int)
    scene.select("M2")
    changed = np.abs(window.picture(FRONT, 400, 300).astype(int) - before).max(axis=2) > 8
    assert changed[:, 250:].any()
    assert not changed[:, :200].any()


def test_that_an_instant_shown_twice_is_the_same_picture(yard, scene, off_screen):
    window = off_screen(scene)
    scene.colour_by(POWER)
    snapshots = [yard.snapshot({"M1.power": p, "M2.power": 99.0, "M1.heading": p, "M1.speed": 30.0}) for p in (20.0, 160.0)]
    scene.show(snapshots[0], 0.0)
    first = window.picture(FRONT, 400, 300)
    scene.show(snapshots[1], 0.7)
    assert not np.array_equal(window.picture(FRONT, 400, 300), first)
    scene.show(snapshots[0], 0.0)
    assert np.array_equal(window.picture(FRONT, 400, 300), first)


def test_that_a_picture_can_be_written_and_read_back(yard, scene, off_screen, tmp_path):
    picture = off_screen(scene).picture(FRONT, 120, 80)
    write_png(picture, tmp_path / "yard.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "yard.png")), picture)
