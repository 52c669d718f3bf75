"""The one grammar: what it reads, what it refuses, what it computes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.expression import BOOLEAN, ExpressionError, Formula, TagMeanings, bound, conversion, evaluate, parse, scale
from twins.record import Quality, Reason
from twins.record.quality import quality_byte, quality_of, reason_of

MEANINGS = {
    **{"power": "kW", "big": "MW", "wind": "m/s", "oil": "degC", "ambient": "degC", "absolute": "K", "humidity": "%"},
    **{"angle": "deg", "count": "", "speed": "rpm", "zero": "m/s", "state": ("stopped", "running", "fault")},
    **{"sealed": BOOLEAN, "note": ()},
}
VALUES = {
    **{"power": 1500.0, "big": 1.5, "wind": 12.0, "oil": 65.0, "ambient": 20.0, "absolute": 293.15, "humidity": 80.0},
    **{"angle": 90.0, "count": 3.0, "speed": 60.0, "zero": 0.0, "state": 1.0, "sealed": 1.0},
}


def columns(quality=0, n=1):
    return {name: (np.full(n, value), np.full(n, quality, np.uint8)) for name, value in VALUES.items()}


def value(text, unit=""):
    values, quality = evaluate(parse(text), columns(), MEANINGS, unit)
    assert quality_of(int(quality[0])) is Quality.GOOD
    return float(values[0])


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("power / (pi * 41 m * 41 m)", "W/m^2", 1.5e6 / (math.pi * 41**2)),
        ("power + big", "kW", 3000.0),
        ("power + big", "MW", 3.0),
        ("2 + 3 * 4 - 10 / 4", "", 11.5),
        ("2 ^ 3 ^ 2", "", 512.0),
        ("-2 ^ 2", "", -4.0),
        ("2 ^ -1", "", 0.5),
        ("8 - 4 - 2", "", 2.0),
        ("16 / 4 / 2", "", 2.0),
        ("speed * 41 m", "m/s", 2 * math.pi * 41),
        ("sqrt(wind ^ 2)", "km/h", 43.2),
        ("abs(ambient - oil)", "K", 45.0),
        ("min(power, big, 900 kW)", "kW", 900.0),
        ("mean(oil, ambient)", "degC", 42.5),
        ("sum(wind, wind, 1 m/s)", "m/s", 25.0),
        ("oil", "degF", 149.0),
        ("oil", "K", 338.15),
        ("-5 degC", "degF", 23.0),
        ("oil - ambient", "delta_degF", 81.0),
        ("oil + 5 K", "degC", 70.0),
        ("oil - 5 delta_degC", "degC", 60.0),
        ("absolute - ambient", "K", 0.0),
        ("wind < 25 m/s", "", 1.0),
        ("wind < 43 km/h", "", 0.0),
        ("humidity > 79.5 % and not (angle >= 2 rad)", "", 1.0),
        ("oil > 60 degC and oil - ambient < 60 K", "", 1.0),
        ("state != fault", "", 1.0),
        ("running == state", "", 1.0),
        ("sealed and state == running", "", 1.0),
        ("sealed == false or count > 5", "", 0.0),
        ("sum(sealed, wind > 3 m/s, oil > 90 degC)", "", 2.0),
        ("power / big", "%", 100.0),
        ("1.5e3 W + .5kW", "kW", 2.0),
        ("`power` * 2", "kW", 3000.0),
        ("wind / 0.5 h", "m/s^2", 12 / 1800),
    ],
)
def test_that_an_expression_has_the_value_and_unit_it_should(text, unit, expected):
    assert value(text, unit) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("power + wind", "", "units mix"),
        ("min(power, oil)", "", "units mix"),
        ("wind < 25", "", "units mix"),
        ("humidity > 80", "", "write 80 %"),
        ("angle < 90", "", "write 90 deg"),
        ("oil + ambient", "degC", "no sum"),
        ("oil * 2", "degC", "can't be multiplied"),
        ("oil - ambient > 5 degC", "", "difference"),
        ("oil - ambient", "degC", "declare it in K"),
        ("oil", "delta_degC", "not a difference"),
        ("sum(oil, ambient)", "degC", "no sum"),
        ("power", "m/s", "can't be converted"),
        ("power ^ count", "kW", "written as a number"),
        ("2 ^ (3 m)", "", "exponent"),
        ("power and sealed", "", "a condition is due"),
        ("not power", "", "a condition is due"),
        ("sealed + 1", "", "a number is due"),
        ("state + 1", "", "a number is due"),
        ("state == brocken", "", "none of the words stopped, running, fault"),
        ("state < running", "", "words have no order"),
        ("state == sealed", "", "can't be compared"),
        ("note == note", "", "text or a waveform"),
        ("nothing", "", "“nothing” is no tag"),
        ("3 furlongz", "m", "“furlongz” is not a unit"),
        ("wind < 25 m/s", "kW", "has no unit kW"),
    ],
)
def test_that_what_makes_no_sense_is_refused_in_one_sentence(text, unit, said):
    with pytest.raises(ExpressionError) as caught:
        Formula(parse(text).root, MEANINGS, unit)
    assert said in str(caught.value)
    assert str(caught.value).startswith("column ")


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "the expression ends"),
        ("1 +", 4, "the expression ends"),
        ("power power", 7, "an operator is missing"),
        ("(power", 1, "never closed"),
        ("power = 3", 7, "=="),
        ("a < b < c", 3, "in a row"),
        ("sin(power)", 1, "there is no function “sin”; there are min, max, mean, sum, abs, sqrt"),
        ("abs(a, b)", 1, "one value"),
        ("1e999", 1, "too large"),
        ("power ; drop", 7, "no meaning"),
        ("__import__('os')", 12, "no meaning"),
        ("a and", 6, "the expression ends"),
        ("or", 1, "“or” stands"),
        ("a ** 2", 4, "“*” stands"),
    ],
)
def test_that_a_mistake_is_told_with_its_column(text, column, said):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.column == column
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["(" * 500, "-" * 1500 + "1", "not " * 400 + "a", "2^" * 900 + "2", "abs(" * 300, "1" * 3000])
def test_that_a_hostile_expression_gives_a_sentence(text):
    with pytest.raises(ExpressionError, match=r"deep|characters"):
        parse(text)


def test_that_a_long_row_of_terms_is_not_a_deep_one():
    assert evaluate(parse("+".join(["1"] * 900)), {}, {})[0][0] == 900


SIGNS = "power oil state running 3 + - * / ^ ( ) , and or not == != < >= min( mean( sqrt( abs( pi children.flow ° 1e400 ½ m^99"
WORDS = st.sampled_from([*SIGNS.split(), "41 m", "5 degC", "80 %", "`a/b.c`", "\x00"])


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=60).map(" ".join)))
@settings(max_examples=600, deadline=None)
def test_that_no_text_makes_anything_but_a_value_or_a_sentence(text):
    try:
        formula = Formula(parse(text).root, MEANINGS)
    except ExpressionError as problem:
        assert "\n" not in problem.message or "\n" in text
        return
    values, quality = formula({**columns(n=2)})
    assert np.all(np.isfinite(values) | (quality & 0b11 == Quality.BAD))


@given(st.text(alphabet="kWm/s^*()-0123456789. °%dBegC", max_size=30))
@settings(max_examples=200, deadline=None)
def test_that_no_text_for_a_unit_makes_anything_but_a_scale_or_a_sentence(unit):
    try:
        assert math.isfinite(scale(unit).factor)
    except ValueError as problem:
        assert "unit" in str(problem)


def test_that_any_bad_input_gives_bad_and_any_uncertain_one_uncertain():
    bad, unsure = quality_byte(Quality.BAD, Reason.SENSOR_FAILURE), quality_byte(Quality.UNCERTAIN, Reason.CONFLICT)
    given_columns = {
        "power": (np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, unsure, bad, 0b100], np.uint8)),
        "big": (np.array([1.0, 1.0, 1.0, 1.0]), np.array([0, 0, unsure, 0], np.uint8)),
    }
    values, quality = evaluate(parse("power + big"), given_columns, MEANINGS, "MW")
    assert [quality_of(int(q)) for q in quality] == [Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.GOOD]
    assert reason_of(int(quality[2])) is Reason.INPUT_BAD
    assert quality[3] & 0b100  # an assumed input makes an assumed result
    assert np.isnan(values[2])
    np.testing.assert_allclose(values[[0, 1, 3]], [1.001, 1.002, 1.004])


@pytest.mark.parametrize(
    "text", ["power / zero < 3 kW*s/m", "sqrt(wind - 13 m/s)", "zero / zero", "power / zero", "not (wind / zero > 1)"]
)
def test_that_a_division_by_zero_is_bad_even_inside_a_comparison(text):
    formula = Formula(parse(text).root, MEANINGS, {"power / zero": "N", "sqrt(wind - 13 m/s)": "m^0.5/s^0.5"}.get(text, ""))
    values, quality = formula(columns(n=3))
    assert np.isnan(values).all()
    assert all(quality_of(int(q)) is Quality.BAD for q in quality)


def test_that_a_nan_is_bad_although_its_quality_is_good():
    inputs = {"wind": (np.array([math.nan, 1.0]), np.zeros(2, np.uint8))}
    _, quality = evaluate(parse("wind > 3 m/s"), inputs, MEANINGS)
    assert [quality_of(int(q)) for q in quality] == [Quality.BAD, Quality.GOOD]


def skid():
    tags = [
        Tag("total", unit="kW"),
        Tag("P1.flow", unit="m^3/h"),
        Tag("P2.flow", unit="l/min"),
        Tag("P1.fault", kind=TagKind.BOOLEAN),
    ]
    tags += [Tag("P1.state", kind=TagKind.ENUMERATION, values=("ok", "fault")), Tag("P1/bearing.wear", unit="%")]
    assets = [Asset("", "Skid", AssetKind.SYSTEM), Asset("P1", "P1", AssetKind.COMPONENT), Asset("P2", "P2", AssetKind.COMPONENT)]
    assets.append(Asset("P1/bearing", "Bearing", AssetKind.COMPONENT, parent="P1"))
    return Twin("skid", "Skid", AssetKind.SYSTEM, {a.path: a for a in assets}, {t.path: t for t in tags})


def test_that_names_mean_tags_of_the_asset_then_of_its_owners_then_paths():
    twin = skid()
    assert bound(parse("flow"), "P1", twin).names() == ("P1.flow",)
    assert bound(parse("flow + wear"), "P1/bearing", twin).names() == ("P1.flow", "P1/bearing.wear")
    assert bound(parse("P2.flow + total"), "P1", twin).names() == ("P2.flow", "total")
    assert bound(parse("`P1/bearing.wear`"), "P2", twin).names() == ("P1/bearing.wear",)


def test_that_a_roll_up_takes_every_child_in_its_own_unit():
    twin = skid()
    total = bound(parse("sum(children.flow)"), "", twin)
    assert total.names() == ("P1.flow", "P2.flow")
    inputs = {"P1.flow": (np.array([6.0]), np.zeros(1, np.uint8)), "P2.flow": (np.array([100.0]), np.zeros(1, np.uint8))}
    assert evaluate(total, inputs, TagMeanings(twin.tags), "m^3/h")[0][0] == pytest.approx(12.0)


def test_that_several_children_need_a_function_that_joins_them():
    with pytest.raises(ExpressionError, match="min, max, mean or sum"):
        bound(parse("children.flow * 2"), "", skid())


def test_that_a_word_is_a_word_although_a_tag_has_its_name():
    twin = skid()
    expression = bound(parse("state == fault"), "P1", twin)
    formula = Formula(expression.root, TagMeanings(twin.tags))
    assert formula.names == ("P1.state",)
    assert formula({"P1.state": (np.array([1.0, 0.0]), np.zeros(2, np.uint8))})[0].tolist() == [1.0, 0.0]


def test_that_units_are_converted_with_their_offsets():
    factor, offset = conversion("degF", "degC")
    assert 212 * factor + offset == pytest.approx(100)
    assert conversion("m/s", "km/h") == (3.6, 0.0)
    assert conversion("kvar", "Mvar") == (0.001, 0.0)
    assert conversion("kNm", "N*m") == (1000.0, 0.0)
    with pytest.raises(ValueError, match="can't be converted"):
        conversion("kW", "m")


def test_that_the_unit_of_a_result_is_told():
    assert parse("power * 2 h").unit_of(MEANINGS) == "gram·meter^2·second^-2"
    assert parse("max(oil, ambient)").unit_of(MEANINGS) == "degC"
    assert parse("oil > 3 degC").unit_of(MEANINGS) == ""
