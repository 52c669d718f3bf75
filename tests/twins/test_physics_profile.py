"""Fault profiles and written quantities: numbers with units become what a model or a tag calculates in."""

from __future__ import annotations

import pytest

from twins.physics import quantity, read_profile
from twins.physics.profile import ProfileError


@pytest.mark.parametrize(
    ("written", "unit", "value"),
    [
        ("41 m", "m", 41),
        ("2050 kW", "W", 2_050_000),
        ("80 degC", "K", 353.15),
        ("8.5 %", "", 0.085),
        (0.2, "", 0.2),
        ("17.1 rpm", "rad/s", 1.790708),
        ("-4 deg", "rad", -0.0698132),
        ("1e3 hPa", "Pa", 100_000),
    ],
)
def test_that_a_quantity_is_read_in_the_unit_that_is_calculated_in(written, unit, value):
    assert quantity(written, unit) == pytest.approx(value)


@pytest.mark.parametrize(
    ("written", "unit", "said"),
    [
        (41, "m", "41 lacks its unit; write it like 1 m"),
        ("41 kW", "m", "kW can't be converted to m"),
        ("forty m", "m", "“forty m” is not a number with a unit"),
        ("1e999 m", "m", "not a number"),
        ("4 deg", "", "“deg” is an angle"),
        ("4 %", "rad", "“%” is no angle"),
        ("4 blorp", "m", "“blorp” is not a unit; write it like 1 m"),
        (True, "m", "a number is due"),
        ([1, 2], "m", "a number is due"),
    ],
)
def test_that_what_is_no_such_quantity_is_refused_with_one_that_is(written, unit, said):
    with pytest.raises(ValueError, match="write it like") as refused:
        quantity(written, unit)
    assert said in str(refused.value)


def changed(written, unit="degC", of_tag=True, value=60.0, first=50.0, since=30.0, noise=2.0):
    return read_profile(written, unit, of_tag=of_tag).changed(value, first, since, noise)


def test_that_each_profile_changes_a_number_its_own_way():
    assert changed({"profile": "step", "to": 90}) == 90
    assert changed({"profile": "step", "to": "363.15 K"}) == pytest.approx(90)
    assert changed({"profile": "ramp", "to": 90, "over": "1 min"}) == 75
    assert changed({"profile": "ramp", "to": 90, "over": "10 s"}) == 90
    assert changed({"profile": "stuck"}) == 50
    assert changed({"profile": "drift", "rate": "2 K/min"}) == pytest.approx(61)
    assert changed({"profile": "drift", "rate": 0.1}) == pytest.approx(63)
    assert changed({"profile": "noise", "amplitude": "1.5 K"}) == pytest.approx(63)
    assert changed({"profile": "noise", "amplitude": "1.8 delta_degF"}, "degF") == pytest.approx(63.6)
    assert changed({"profile": "drop"}) == 60
    assert changed({"profile": "drift", "rate": "6 m^3/h/min"}, "m^3/h") == pytest.approx(63)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ({"profile": "step"}, "to"),
        ({"profile": "ramp", "to": 3}, "over"),
        ({"profile": "ramp", "to": 3, "over": "soon"}, "over"),
        ({"profile": "drift", "rate": "2 kW"}, "rate"),
        ({"profile": "noise", "amplitude": "2 kW"}, "amplitude"),
    ],
)
def test_that_a_profile_names_the_key_that_is_wrong(written, key):
    with pytest.raises(ProfileError) as refused:
        read_profile(written, "degC", of_tag=True)
    assert refused.value.key == key


def test_that_a_parameter_can_neither_stick_nor_drop_and_takes_its_unit():
    for shape in ("stuck", "drop"):
        with pytest.raises(ProfileError):
            read_profile({"profile": shape}, "K", of_tag=False)
    with pytest.raises(ProfileError, match="lacks its unit"):
        read_profile({"profile": "step", "to": 3}, "K", of_tag=False)
