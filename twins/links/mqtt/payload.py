"""Payloads: what a message on a tag's own address says, or why it says nothing that can be taken."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from twins.asset import Tag, TagKind
from twins.clock import BEFORE_ALL_TIME, DAY, SECOND, parse_time
from twins.expression import NoFactorError, conversion
from twins.record import Quality, Reason, Waveform, quality_byte
from twins.record.quality import ASSUMED

SAID_NOTHING = BEFORE_ALL_TIME  # no time was said: it is the arrival's
_EARLIEST, _LATEST = -(2**63) + DAY, 2**63 - DAY
_CLASSES = {"good": Quality.GOOD, "uncertain": Quality.UNCERTAIN, "bad": Quality.BAD}
QUALITIES = {word: quality_byte(quality) for word, quality in _CLASSES.items()} | {
    f"{word}:{reason.name.lower()}": quality_byte(quality, reason)
    for word, quality in _CLASSES.items()
    for reason in Reason
    if quality is not Quality.GOOD and reason is not Reason.NONE
}
MOST_POINTS = 1_000_000  # of one waveform

# source (ns; SAID_NOTHING), value (a number, a code, a text, a Waveform), quality byte, counter (−1)
Reading = tuple[int, object, int, int]
_Said = object


class UnreadableError(ValueError):
    """Why a payload can't be taken, in a few words."""


class _Form(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    t: int | str | UnsetType = UNSET
    q: str | UnsetType = UNSET
    n: int | UnsetType = UNSET
    u: str | UnsetType = UNSET


class _Number(_Form, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: float


class _Integer(_Form, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: int


class _Boolean(_Form, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: bool | int


class _Word(_Form, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: str | int


class _Text(_Form, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: str


class _Wave(_Form, forbid_unknown_fields=True, gc=False, kw_only=True):
    v: list[float]
    dt: float


_FORMS: dict[TagKind, tuple[type[_Form], object]] = {
    TagKind.NUMBER: (_Number, float),
    TagKind.INTEGER: (_Integer, int),
    TagKind.BOOLEAN: (_Boolean, bool | int),
    TagKind.ENUMERATION: (_Word, str | int),
    TagKind.TEXT: (_Text, str),
    TagKind.WAVEFORM: (_Wave, list[float]),
}


def reader_of(tag: Tag) -> Callable[[bytes], list[Reading]]:
    """What reads the payloads of one tag. It raises UnreadableError, and nothing else, whatever they are."""
    form, plain = _FORMS[tag.kind]
    one, many, bare = (msgspec.json.Decoder(each) for each in (form, list[form], plain))  # type: ignore[valid-type]
    value = _value_of(tag)
    keys = len(form.__struct_fields__)

    def read(payload: bytes) -> list[Reading]:
        try:
            head = payload[:1]
            if head == b"{":
                said = one.decode(payload)
                if payload.count(b'":') != _fields(said, keys):
                    _refuse_duplicates(payload)
                return [_reading(said, value)]
            if head == b"[" and tag.kind is not TagKind.WAVEFORM:
                _refuse_duplicates(payload)
                return [_reading(said, value) for said in many.decode(payload)]
            return [(SAID_NOTHING, value(_bare(payload, bare, tag), UNSET), ASSUMED, -1)]
        except UnreadableError:
            raise
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as problem:
            raise UnreadableError(str(problem)[:160] or type(problem).__name__) from None

    return read


def source_of(t: int | str | UnsetType) -> int:
    """Nanoseconds UTC, from a number of them or from ISO 8601; SAID_NOTHING where it was not said. Raises UnreadableError."""
    if t is UNSET:
        return SAID_NOTHING
    source = t if isinstance(t, int) else _parsed(str(t))
    if not _EARLIEST < source < _LATEST:
        raise UnreadableError("the time is beyond what a recording can hold")
    return source


def quality_said(q: str | UnsetType) -> int:
    """The byte of a quality; GOOD and assumed where it was not said. Raises UnreadableError."""
    if q is UNSET:
        return ASSUMED
    try:
        return QUALITIES[str(q).lower()]
    except KeyError:
        raise UnreadableError(f"“{str(q)[:40]}” is no quality; it is good, uncertain or bad, perhaps with a reason") from None


def _reading(said: _Form, value: Callable[[object, object], object]) -> Reading:
    told = _wave(said) if isinstance(said, _Wave) else said.v  # type: ignore[attr-defined]
    counter = -1 if said.n is UNSET else said.n
    if not -1 <= counter < 2**62:
        raise UnreadableError("a counter is a whole number from 0 on")
    return source_of(said.t), value(told, said.u), quality_said(said.q), counter


def _value_of(tag: Tag) -> Callable[[object, object], object]:
    """How a tag takes what was said: in its own unit, as its own codes. The second argument is a foreign unit, or UNSET."""

    def number(said: object, unit: object) -> object:
        return said if unit is UNSET else _converted(float(said), str(unit), tag)  # type: ignore[arg-type]

    def integer(said: object, unit: object) -> object:
        if unit is not UNSET:
            said = round(_converted(float(said), str(unit), tag))  # type: ignore[arg-type]
        if not -(2**63) <= said < 2**63:  # type: ignore[operator]
            raise UnreadableError("an integer has at most 64 bits")
        return said

    def boolean(said: object, unit: object) -> object:
        if said not in (0, 1):
            raise UnreadableError("it is true or false")
        return int(bool(said))

    def word(said: object, unit: object) -> object:
        if isinstance(said, str) and said in tag.values:
            return tag.values.index(said)
        if isinstance(said, int) and 0 <= said < len(tag.values):
            return said
        raise UnreadableError(f"“{str(said)[:40]}” is none of {', '.join(tag.values)}")

    def as_it_is(said: object, unit: object) -> object:
        return said

    return {
        TagKind.NUMBER: number,
        TagKind.INTEGER: integer,
        TagKind.BOOLEAN: boolean,
        TagKind.ENUMERATION: word,
        TagKind.TEXT: as_it_is,
        TagKind.WAVEFORM: as_it_is,
    }[tag.kind]


def _wave(said: _Wave) -> Waveform:
    if not said.v or len(said.v) > MOST_POINTS or not 1e-9 <= said.dt <= 1e6:
        raise UnreadableError(f"a waveform has 1 to {MOST_POINTS} points and a step dt of seconds")
    start = source_of(said.t)
    return Waveform(max(start, 0), round(said.dt * SECOND), "", np.array(said.v, np.float32))


def _bare(payload: bytes, decoder: msgspec.json.Decoder, tag: Tag) -> _Said:  # type: ignore[type-arg]
    """A value by itself; words and texts may stand without quotes."""
    if tag.kind is TagKind.WAVEFORM:
        raise UnreadableError("a waveform is an object with t, dt and v")
    if tag.kind in (TagKind.ENUMERATION, TagKind.TEXT) and payload[:1] != b'"':
        text = payload.decode("utf-8")
        if not text or (tag.kind is TagKind.TEXT and "\x00" in text):
            raise UnreadableError("it is empty")
        return int(text) if tag.kind is TagKind.ENUMERATION and text.isascii() and text.isdigit() and len(text) < 10 else text
    return decoder.decode(payload)


def _converted(value: float, unit: str, tag: Tag) -> float:
    try:
        factor, offset = conversion(unit, tag.unit)
    except (NoFactorError, ValueError):
        raise UnreadableError(f"“{unit[:40]}” can't be turned into {tag.unit or 'a number without unit'}") from None
    return value * factor + offset


def _parsed(text: str) -> int:
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        raise UnreadableError(f"“{text[:40]}” is no time; write ISO 8601 or nanoseconds") from None


def _fields(said: _Form, most: int) -> int:
    return most - (said.t is UNSET) - (said.q is UNSET) - (said.n is UNSET) - (said.u is UNSET)


def _refuse_duplicates(payload: bytes) -> None:
    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in found}) != len(found):
            raise UnreadableError("a key stands twice")
        return dict(found)

    json.loads(payload, object_pairs_hook=pairs)


def excerpt(payload: bytes, most: int = 200) -> str:
    """The beginning of a payload for people; what is no text is escaped."""
    return payload[:most].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
