"""Colours and numbers."""

import pytest

from twins.asset import Tag, TagKind
from twins.clock import DAY, HOUR, MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Quality, Reason, Samples, Snapshot, quality_byte
from ui.marks import PRIORITIES
from ui.numbers import age_text, grouped, quality_words, shown, size_text, unit_text
from ui.theme import DARK, GREY, contrast, stylesheet


@pytest.mark.parametrize("tokens", [GREY, DARK], ids=lambda t: t.name)
def test_that_text_can_be_read(tokens):
    for ground in (tokens.panel, tokens.raised, tokens.ground, tokens.selected, tokens.hovered):
        assert contrast(tokens.text, ground) >= 7
    for ground in (tokens.panel, tokens.raised):
        assert contrast(tokens.muted, ground) >= 4.5
        assert contrast(tokens.link, ground) >= 4.5 or ground != tokens.panel


@pytest.mark.parametrize("tokens", [GREY, DARK], ids=lambda t: t.name)
def test_that_alarm_marks_stand_out(tokens):
    for priority in PRIORITIES:
        assert contrast(tokens.edge(priority), tokens.panel) >= 3


def test_that_contrast_is_what_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [GREY, DARK], ids=lambda t: t.name)
def test_that_every_name_in_the_style_sheet_is_a_token(tokens):
    assert "@" not in stylesheet(tokens)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        *((6184.25, 1, "6\u2009184.2"), (-0.04, 1, "0.0"), (-12.5, 1, "−12.5"), (1e9, 0, "1\u2009000\u2009000\u2009000")),
        *((float("nan"), 1, "—"), (float("inf"), 1, "—"), (3, 0, "3")),
    ],
)
def test_that_numbers_have_fixed_decimals_and_thin_spaces(value, decimals, text):
    assert grouped(value, decimals) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        *(("degC", "°C"), ("m^3/h", "m³/h"), ("kWh/m**3", "kWh/m³"), ("deg", "°"), ("rpm", "rpm"), ("%", "%"), ("W/m^2", "W/m²")),
        *(("g_0", "g"), ("dimensionless", ""), ("1/s^-2", "1/s⁻²"), ("delta_degC", "K")),
    ],
)
def test_that_units_are_written_as_people_write_them(unit, text):
    assert unit_text(unit) == text


def test_that_ages_are_short():
    ages = (400_000_000, 14 * SECOND, 4 * MINUTE, 5 * HOUR, 12 * DAY, 1400 * DAY)
    assert [age_text(age) for age in ages] == ["0.4 s", "14 s", "4 min", "5 h", "12 d", "1\u2009400 d"]


def test_that_sizes_are_short():
    assert [size_text(size) for size in (12, 84_000, 1_250_000, 1_240_000_000)] == ["12 B", "84 kB", "1.2 MB", "1.2 GB"]


def reading_of(kind, value, *, quality=0, aggregate="", period=MINUTE, at=0, values=()):
    channel = Channel("P1.x", kind, "", period, aggregate, values=values)
    recording = MemoryRecording()
    batch = (
        Samples.of_texts(channel, [0], [value])
        if kind is TagKind.TEXT
        else Samples.numbers(channel, [0], [value], quality=quality)
    )
    recording.append(batch)
    return recording.at(at).reading("P1.x")


def test_that_every_kind_of_value_is_shown_as_text():
    cases = {
        TagKind.NUMBER: (1.25, "1.2"),
        TagKind.INTEGER: (1234, "1\u2009234"),
        TagKind.BOOLEAN: (1, "yes"),
        TagKind.TEXT: ("a_b", "a_b"),
    }
    for kind, (value, text) in cases.items():
        assert shown(reading_of(kind, value), Tag("P1.x", kind))[0] == text
    names = ("stopped", "starting_up")
    assert (
        shown(reading_of(TagKind.ENUMERATION, 1, values=names), Tag("P1.x", TagKind.ENUMERATION, values=names))[0]
        == "starting up"
    )
    assert shown(Snapshot.empty().reading("P1.x"), Tag("P1.x", unit="kW")) == ("—", "")


def test_that_quality_is_told_in_words():
    assumed = quality_byte(Quality.GOOD, assumed=True)
    mean = reading_of(TagKind.NUMBER, 1.0, quality=assumed, aggregate="mean", period=10 * MINUTE, at=4 * MINUTE)
    assert quality_words(mean) == "good (assumed) · 4 min · 10 min mean"
    bad = reading_of(TagKind.NUMBER, 1.0, quality=quality_byte(Quality.BAD, Reason.SENSOR_FAILURE))
    assert quality_words(bad) == "bad: sensor failure · 0.0 s"
    assert quality_words(reading_of(TagKind.NUMBER, 1.0, at=2 * MINUTE)) == "stale · 2 min"
    assert quality_words(Snapshot.empty().reading("P1.x")) == "never seen"
