from __future__ import annotations

import numpy as np
import pytest

from scene import colour_maps
from scene.binding import tags_of_parts
from scene.legend import CONDITION, Choice, ColourBy, choices_of, legend_of

POWER = Choice(ColourBy.TAG, "power", "Power")
OIL = Choice(ColourBy.TAG, "oil_temperature", "Oil temperature")
TEMPERATURE = Choice(ColourBy.QUANTITY, "temperature", "Temperature")


def bound(yard, scene, choice):
    tags = tags_of_parts(yard.twin, scene.stage, choice)
    return {(part.asset, part.name): tag for part, tag in zip(scene.stage.parts, tags, strict=True)}


def test_that_one_can_colour_by_condition_shared_quantities_and_each_tag_name(yard):
    titles = [choice.title for choice in choices_of(yard.twin)]
    assert titles[0] == "Condition"
    assert titles[1] == "Temperature"  # the only quantity that two tag names share
    assert titles[2:] == ["Power", "Speed", "Heading", "Oil temperature", "Winding temperature", "State"]


def test_that_a_range_is_the_union_of_its_tags_ranges_in_one_unit(yard):
    legend = legend_of(yard.twin, TEMPERATURE)
    assert (legend.low, legend.high, legend.unit) == (pytest.approx(0), pytest.approx(150), "degC")  # 273.15…423.15 K is 0…150 °C


def test_that_a_tag_with_a_normal_gets_a_diverging_map_about_it(yard):
    legend = legend_of(yard.twin, OIL)
    assert legend.middle == 60
    assert legend.fraction(np.array([0.0, 60.0, 100.0])).tolist() == [0, 0.5, 1]
    grey = legend.colour(60.0)
    assert max(grey) - min(grey) < 12


def test_that_an_enumeration_has_one_flat_colour_for_each_word(yard):
    legend = legend_of(yard.twin, Choice(ColourBy.TAG, "state", "State"))
    assert legend.labels == ("off", "idle", "on")
    assert len({legend.colour(code) for code in range(3)}) == 3


def test_that_values_beyond_the_range_keep_the_colour_of_its_end(yard):
    legend = legend_of(yard.twin, POWER)
    assert legend.colour(-50) == legend.colour(0)
    assert legend.colour(900) == legend.colour(200)


def test_that_a_headline_colours_the_whole_thing_and_a_components_tag_only_that_and_its_cover(yard, scene):
    by_power, by_oil = bound(yard, scene, POWER), bound(yard, scene, OIL)
    assert {by_power[part] for part in by_power if part[0].startswith("M1")} == {"M1.power"}
    assert by_oil["M1/gear", "gear"] == by_oil["M1", "hood"] == "M1.oil_temperature"
    assert by_oil["M1", "post"] == by_oil["M1/winding", "winding"] == ""


def test_that_by_quantity_each_part_takes_its_own_components_tag(yard, scene):
    found = bound(yard, scene, TEMPERATURE)
    assert found["M2/gear", "gear"] == "M2.oil_temperature"
    assert found["M2/winding", "winding"] == "M2.winding_temperature"
    assert found["M2", "post"] == ""  # the machine's temperatures are about something else


def test_that_condition_has_no_legend(yard):
    assert legend_of(yard.twin, CONDITION).title == ""


@pytest.mark.parametrize("colours", [colour_maps.sequential(), colour_maps.diverging()])
@pytest.mark.parametrize("alarm", [(0xD6, 0x45, 0x45), (0xE0, 0x8A, 0x1E), (0xD9, 0xC2, 0x2B)])
def test_that_no_map_has_an_alarms_colour(colours, alarm):
    assert np.linalg.norm(colours.astype(int) - alarm, axis=1).min() > 50


def test_that_the_sequential_map_only_gets_lighter_and_in_even_steps():
    linear = (colour_maps.sequential() / 255.0) ** 2.2
    lightness = np.cbrt(linear @ [0.2126, 0.7152, 0.0722])
    steps = np.diff(lightness.reshape(16, 16).mean(axis=1))
    assert (steps > 0).all()
    assert steps.max() < 2.5 * steps.min()
