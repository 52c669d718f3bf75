"""Numbers as people read them: fixed decimals, thin spaces, real minus signs, units with their proper letters."""

from __future__ import annotations

import math
import re

from twins.asset import Tag, TagKind
from twins.clock import DAY, HOUR, MINUTE, SECOND, format_duration
from twins.record import Quality, Reading, Reason, Waveform

THIN = "\u2009"
ABSENT = "—"

_UNITS = {"degC": "°C", "degF": "°F", "delta_degC": "K", "deg": "°", "degree": "°", "percent": "%", "ohm": "Ω", "g_0": "g"}
_UNITS |= {"um": "µm", "ug": "µg", "us": "µs", "uA": "µA", "revolutions_per_minute": "rpm", "dimensionless": ""}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER = re.compile(r"(?:\^|\*\*)(-?\d+)")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


def grouped(value: float, decimals: int) -> str:
    """6184.25 → “6 184.3” with `decimals` decimals; what is not a number is “—”."""
    if not math.isfinite(value):
        return ABSENT
    text = f"{value:,.{max(decimals, 0)}f}".replace(",", THIN)
    if text.startswith("-"):
        text = text[1:] if not any(c in "123456789" for c in text) else "−" + text[1:]  # no “−0.0”
    return text


def brief(value: object) -> str:
    """A value in as few characters as tell it: “1 400”, “72.5”, “producing”, “—” for none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ABSENT if value is None else str(value)
    text = grouped(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def unit_text(unit: str) -> str:
    """A unit as pint reads it → as people write it: “degC” → “°C”, “m^3/h” → “m³/h”."""
    powered = _POWER.sub(lambda m: m[1].translate(_RAISED), unit)
    named = _WORD.sub(lambda m: _UNITS.get(m[0], m[0]), powered)
    return named.replace(" * ", "·").replace("*", "·").replace(" / ", "/")


def shown(reading: Reading, tag: Tag) -> tuple[str, str]:
    """A reading's value and unit as texts; “—” where it was never seen."""
    value = reading.value
    if value is None:
        return ABSENT, ""
    return value_text(value, tag), unit_text(reading.unit or tag.unit)


def value_text(value: float | int | bool | str | Waveform, tag: Tag) -> str:
    """A value of this tag without its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("_", " ") if tag.kind is TagKind.ENUMERATION else value
    if isinstance(value, Waveform):
        return f"{len(value.values)} points"
    return grouped(value, tag.decimals if tag.kind is TagKind.NUMBER else 0)


def age_text(ns: int) -> str:
    """How old, in the fewest characters that don't flicker: “0.4 s”, “14 s”, “4 min”, “5 h”, “12 d”."""
    ns = max(ns, 0)
    if ns < 2 * SECOND:
        return f"{ns / SECOND:.1f} s"
    for unit, name, limit in ((SECOND, "s", 2 * MINUTE), (MINUTE, "min", 2 * HOUR), (HOUR, "h", 2 * DAY)):
        if ns < limit:
            return f"{ns // unit} {name}"
    return f"{grouped(ns // DAY, 0)} d"


def quality_text(reading: Reading) -> str:
    """The class in a word or two, with its reason: “good (assumed)”, “bad: sensor failure”, “stale”."""
    if reading.value is None:
        return "never seen"
    if reading.quality is Quality.GOOD:
        return "stale" if reading.stale else "good (assumed)" if reading.assumed else "good"
    word = "uncertain" if reading.quality is Quality.UNCERTAIN else "bad"
    reason = "" if reading.reason in (Reason.NONE, Reason.SAID) else ": " + reading.reason.name.lower().replace("_", " ")
    return word + reason + (", stale" if reading.stale else "")


def quality_words(reading: Reading) -> str:
    """Quality, age and kind of a reading: “good (assumed) · 4 min · 10 min mean”."""
    if reading.value is None:
        return quality_text(reading)
    words = [quality_text(reading), age_text(reading.age_ns)]
    channel = reading.channel
    if channel.aggregate:
        words.append(f"{format_duration(channel.period_ns)} {channel.aggregate}" if channel.period_ns else channel.aggregate)
    elif channel.period_ns is None:
        words.append("on change")
    return " · ".join(words)


def tag_label(tag: Tag) -> str:
    """What to call a tag: its label, else its name with spaces."""
    label = tag.label or tag.name.replace("_", " ")
    return label[:1].upper() + label[1:]


def tag_inside(tag: Tag) -> str:
    """Its label within a sentence: “oil temperature”, but “NO₂”, “CO₂ given off”."""
    label = tag_label(tag)
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def size_text(size: int) -> str:
    """A file's size: “840 kB”, “1.2 GB”."""
    amount = float(size)
    for name in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {name}" if name != "MB" else f"{amount:.1f} {name}"
        amount /= 1000
    return f"{amount:.1f} GB"
