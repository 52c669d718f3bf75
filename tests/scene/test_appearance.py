from __future__ import annotations

import numpy as np
import pytest

from scene.appearance import Binding, State, appearance_of
from scene.legend import CONDITION, Choice, ColourBy, Legend, legend_of
from twins.record import Quality, Reason, Snapshot, quality_byte

POWER = Choice(ColourBy.TAG, "power", "Power")
ALL_GOOD = {"M1.power": 50.0, "M2.power": 150.0, "M1.speed": 10.0, "M2.speed": 10.0}


def seen(yard, snapshot, tags=("M1.power", "M2.power", ""), choice=POWER):
    found = appearance_of(snapshot, Binding(legend_of(yard.twin, choice), tags))
    return found.value.tolist(), found.state.tolist()


def test_that_good_values_take_their_place_on_the_map_and_untold_parts_stay_plain(yard):
    assert seen(yard, yard.snapshot(ALL_GOOD)) == ([0.25, 0.75, -1], [State.GOOD, State.GOOD, State.PLAIN])


def test_that_uncertain_bad_and_stale_are_each_shown_for_what_they_are(yard):
    doubtful = quality_byte(Quality.UNCERTAIN, Reason.CONFLICT)
    snapshot = yard.snapshot(
        ALL_GOOD, quality={"M1.power": doubtful, "M2.speed": quality_byte(Quality.BAD)}, ages_s={"M2.power": 2.0}
    )
    assert seen(yard, snapshot)[1] == [State.UNCERTAIN, State.BAD, State.PLAIN]
    assert seen(yard, snapshot, ("M2.speed",))[1] == [State.BAD]


def test_that_what_was_never_seen_or_is_unknown_to_the_lane_is_absent(yard):
    assert seen(yard, yard.snapshot({"M1.power": 1.0}), ("M2.power", "M9.power")) == ([-1, -1], [State.ABSENT, State.ABSENT])
    assert seen(yard, Snapshot.empty(), ("M1.power", ""))[1] == [State.ABSENT, State.PLAIN]


def test_that_a_number_that_is_none_is_bad_whatever_its_quality_says(yard):
    assert seen(yard, yard.snapshot({"M1.power": float("nan")}), ("M1.power",)) == ([-1], [State.BAD])


def test_that_condition_hatches_what_is_bad_and_leaves_the_rest_plain(yard):
    snapshot = yard.snapshot(ALL_GOOD, ages_s={"M2.power": 60.0})
    assert seen(yard, snapshot, choice=CONDITION) == ([-1, -1, -1], [State.PLAIN, State.BAD, State.PLAIN])


def test_that_values_of_another_unit_are_converted_to_the_legends(yard):
    legend = Legend("Temperature", "degC", 0.0, 100.0)
    found = appearance_of(yard.snapshot({"M1.winding_temperature": 323.15}), Binding(legend, ("M1.winding_temperature",)))
    assert found.value[0] == pytest.approx(0.5)


def test_that_an_enumerations_code_lands_in_the_middle_of_its_band(yard):
    value, state = seen(yard, yard.snapshot({"M1.state": 2}), ("M1.state",), Choice(ColourBy.TAG, "state", "State"))
    assert value == [pytest.approx(2.5 / 3)]
    assert state == [State.GOOD]


def test_that_places_are_found_anew_when_the_lane_has_other_channels(yard):
    binding = Binding(legend_of(yard.twin, POWER), ("M2.power",))
    first = yard.snapshot(ALL_GOOD)
    assert appearance_of(first, binding).value.tolist() == [0.75]
    order = np.arange(len(first.channels))[::-1]
    other = Snapshot(
        first.time, first.channels[::-1], first.source[order], first.arrival[order], first.bits[order], first.quality[order]
    )
    assert appearance_of(other, binding).value.tolist() == [0.75]


def test_that_a_thing_that_speaks_is_not_hatched_for_a_sensor_that_never_was(yard):
    parts, headlines = ("M1.oil_temperature", "M2.oil_temperature"), ("M1.power", "M2.power")
    binding = Binding(legend_of(yard.twin, CONDITION), parts, headlines)
    found = appearance_of(yard.snapshot({"M1.power": 1.0, "M2.power": 1.0}, ages_s={"M2.power": 60.0}), binding)
    assert found.state.tolist() == [State.PLAIN, State.BAD]
    assert appearance_of(yard.snapshot({}), binding).state.tolist() == [State.ABSENT, State.ABSENT]
