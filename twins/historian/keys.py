"""The keys of a mapping: what may be said of a foreign file, and what each word may be."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from twins.clock import parse_duration
from twins.historian.condensing import WAYS
from twins.historian.stamps import EPOCHS, pattern_of
from twins.historian.table import Layout
from twins.package.document import Document, Place
from twins.package.fault import Fault

BLANKS = ("", "NULL", "null", "N/A", "n/a", "#N/A", "NA", "None", "-")


def near(word: str, known: Iterable[str]) -> str:
    """“did you mean “power”? ”, or nothing where nothing is like it."""
    lower = {name.casefold(): name for name in known if name}
    found = difflib.get_close_matches(word.casefold(), lower, 3, 0.5)
    return f"did you mean {' or '.join(f'“{lower[name]}”' for name in found)}? " if found else ""


def _in_key(key: str) -> BeforeValidator:
    """A bare word where a table of keys may stand is the value of one key."""
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TimeKeys(_Keys):
    """Where a row's time stands and how it is written."""

    column: str = ""
    columns: tuple[str, ...] = ()  # date and time apart; joined with a blank
    format: str = "iso8601"
    timezone: str = ""  # of local times without an offset; "" is the twin's own
    stamp: Literal["start", "end", ""] = ""  # which end of the period the time is
    begins: str = ""  # of a file without times: that of its first row; of one with a stopwatch: that of its zero
    every: str = ""  # of a file without times: how long it is from each row to the next

    @field_validator("every")
    @classmethod
    def _every_is_a_duration(cls, text: str) -> str:
        return _duration(text)

    @field_validator("format")
    @classmethod
    def _can_be_read(cls, form: str) -> str:
        if form not in EPOCHS:
            pattern_of(form)
        return form

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = zoneinfo.available_timezones() if name else set()
        if name and name not in known:
            raise ValueError(f"“{name}” is no time zone; {near(name, known)}write one like Europe/Paris or UTC")
        return name

    @model_validator(mode="after")
    def _is_said_once(self) -> TimeKeys:
        if self.column and self.columns:
            raise ValueError("both column and columns are named; keep one of the two")
        stopwatch = bool(self.names) and self.format in EPOCHS and not self.every
        if not stopwatch and (bool(self.begins) != bool(self.every) or (self.begins and self.names)):
            raise ValueError(
                "begins goes with every, without a column, or with a column that counts; write begins: 2012-03-01 00:00, "
                "every: 5 min, or begins: 2012-03-01 00:00, column: seconds, format: epoch_s"
            )
        return self

    @property
    def counts(self) -> bool:
        """Rows say no time: it is counted from the first one's."""
        return bool(self.begins and not self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that make up the time."""
        return self.columns or ((self.column,) if self.column else ())


class AssetKeys(_Keys):
    """Whose row it is: a column, perhaps with foreign names mapped to asset paths; or always the same asset."""

    column: str = ""
    map: dict[str, str] | None = None  # foreign name → asset path; without it the cells are paths
    fixed: str = ""

    @model_validator(mode="after")
    def _is_one_way(self) -> AssetKeys:
        if (self.column and self.fixed) or (self.map is not None and not self.column):
            raise ValueError("an asset is either fixed or stands in a column; write asset: T01, or { column: …, map: … }")
        return self


class TagKeys(_Keys):
    """What one column feeds."""

    tag: str  # a tag of the asset, or a full path
    unit: str = ""  # of the file, converted to the tag's; "" is the tag's own
    scale: float = 1.0  # multiplies what the file says
    bad_outside: Annotated[tuple[float, float] | None, Field(min_length=2, max_length=2)] = (
        None  # in the file's unit, after `scale`
    )
    labels: dict[str, str] = Field(default_factory=dict)  # foreign word or code → word of the enumeration, text or true/false
    period: str = ""
    aggregate: str | None = None
    over: str = ""  # the file holds a curve: its max, min or mean (`aggregate`) over each stretch of this length is recorded
    also: tuple[TagKeys, ...] = ()  # what the same column feeds besides

    @model_validator(mode="after")
    def _is_condensed_somehow(self) -> TagKeys:
        if self.over and (self.aggregate not in WAYS or self.over == "on change"):
            raise ValueError(
                "over: says how long a stretch is, like 5 s; say what is taken of it, like aggregate: max, min or mean"
            )
        return self

    @field_validator("period", "over")
    @classmethod
    def _period_is_a_duration(cls, text: str) -> str:
        return _duration(text)

    @field_validator("bad_outside")
    @classmethod
    def _is_in_order(cls, limits: tuple[float, float] | None) -> tuple[float, float] | None:
        if limits and not limits[0] < limits[1]:
            raise ValueError("the limits are not in order; write the lower one first, like [-50, 60]")
        return limits


class NameKeys(_Keys):
    """Of a long file, with one value a row: the column that names the tag, perhaps with foreign names."""

    column: str
    map: dict[str, Annotated[TagKeys, _in_key("tag")]] | None = None  # foreign name → tag; without it the cells are tags


class ValueKeys(_Keys):
    """Of a long file: the column of the values."""

    column: str
    words: str = ""  # another column, of what is not a plain number: words, texts, integers in full


class PriorityKeys(_Keys):
    """An alarm's priority: always the same, or by a column."""

    always: str = "medium"
    column: str = ""
    map: dict[str, str] = Field(default_factory=dict)  # foreign word → priority; others get `always`


class AlarmKeys(_Keys):
    """A list of alarms: one row is one alarm, from when to when it stood."""

    code: str
    on: str
    off: str = ""  # blank cells: it still stands
    message: str = ""
    priority: Annotated[PriorityKeys, _in_key("always")] = PriorityKeys()


class Mapping(_Keys):
    """The whole of a mapping file."""

    time: TimeKeys = TimeKeys()
    asset: Annotated[AssetKeys | None, _in_key("fixed")] = None
    period: str = ""
    aggregate: str = ""
    tags: dict[str, Annotated[TagKeys, _in_key("tag")]] = Field(default_factory=dict)
    tag: Annotated[NameKeys | None, _in_key("column")] = None
    value: Annotated[ValueKeys | None, _in_key("column")] = None
    alarms: AlarmKeys | None = None
    delimiter: str = ""
    decimal: Literal[".", ",", ""] = ""
    thousands: str = ""
    encoding: str = ""
    skip_rows: Annotated[int, Field(ge=0)] = 0
    comment: str = ""
    header: tuple[str, ...] = ()
    blank: tuple[str, ...] = BLANKS

    _document: Document = PrivateAttr(default_factory=lambda: Document("mapping"))
    _text: str = PrivateAttr(default="")

    @field_validator("period")
    @classmethod
    def _period_is_a_duration(cls, text: str) -> str:
        return _duration(text)

    @field_validator("delimiter")
    @classmethod
    def _is_one_sign(cls, sign: str) -> str:
        sign = {"tab": "\t", "\\t": "\t"}.get(sign, sign)
        if len(sign) > 1 or sign in {'"', "\n", "\r"} or not sign.isascii():
            raise ValueError('this is not one sign; write one like ";", "," or tab')
        return sign

    @field_validator("encoding")
    @classmethod
    def _can_be_decoded(cls, name: str) -> str:
        try:
            b" ".decode(name or "utf-8", "replace")  # base64 is a codec too, but none of texts
        except (LookupError, ValueError):
            raise ValueError(f"“{name}” is no encoding; write one like utf-8, latin-1 or cp1252") from None
        return name

    @field_validator("thousands")
    @classmethod
    def _stands_between_digits(cls, sign: str) -> str:
        if len(sign) > 1 or sign.isalnum() or (sign and sign in "+-"):
            raise ValueError('this is no sign between thousands; write one like ".", " " or "\'"')
        return sign

    @model_validator(mode="after")
    def _says_something(self) -> Mapping:
        if self.thousands and self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both “{self.decimal}”; one of the two is another sign")
        if bool(self.tag) != bool(self.value):
            raise ValueError("tag and value belong together; name the column of the tags' names and the column of the values")
        if self.tags and self.tag:
            raise ValueError("tags and tag are both named; keep tags where each column is a tag, tag where each row names one")
        if not self.brings_samples and not self.alarms:
            raise ValueError("neither tags nor alarms are named; say what the columns mean, like tags: { P_avg: power }")
        if self.brings_samples and not self.time.names and not self.time.begins:
            raise ValueError("no column of the time is named; add one, like time: { column: Date_time }")
        return self

    @property
    def layout(self) -> Layout:
        """How the text file is laid out."""
        return Layout(self.delimiter or None, self.encoding or None, self.skip_rows, self.comment, self.header)

    @property
    def text(self) -> str:
        """The YAML as it was read."""
        return self._text

    @property
    def brings_samples(self) -> bool:
        """Whether rows hold values, not alarms alone."""
        return bool(self.tags or self.tag)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        return tuple(dict.fromkeys(column for _, column in self.named_columns()))

    def named_columns(self) -> Iterator[tuple[Place, str]]:
        """Every place that names a column of the file."""
        if self.brings_samples:
            yield from ((("time",), name) for name in self.time.names)
        yield from ((("tags", name), name) for name in self.tags)
        if self.tag and self.value:
            named = {("tag", "column"): self.tag.column, ("value", "column"): self.value.column}
            yield from (named | ({("value", "words"): self.value.words} if self.value.words else {})).items()
        if self.asset and self.asset.column:
            yield ("asset", "column"), self.asset.column
        if self.alarms:
            keys = self.alarms
            texts = {"code": keys.code, "on": keys.on, "off": keys.off, "message": keys.message}
            yield from ((("alarms", key), name) for key, name in texts.items() if name)
            if keys.priority.column:
                yield ("alarms", "priority", "column"), keys.priority.column

    def spread(self, names: Iterable[str]) -> Mapping:
        """For a file of such columns: what “*” says is said of each that no other key names, {column} standing for its name."""
        if "*" not in self.tags:
            return self
        named = {column for _, column in self.named_columns()}
        every = self.tags["*"]
        rest = {
            name: every.model_copy(update={"tag": every.tag.replace("{column}", name)})
            for name in names
            if name and name not in named
        }
        return self.model_copy(update={"tags": {**{name: keys for name, keys in self.tags.items() if name != "*"}, **rest}})

    def keep(self, document: Document, text: str) -> None:
        """Remembers where it was read from, for faults and for the record."""
        self._document, self._text = document, text

    def fault(self, place: Place, message: str, remedy: str) -> Fault:
        """A fault at a place of the mapping's file."""
        return fault_at(self._document, place, message, remedy)


def fault_at(document: Document, place: Place, message: str, remedy: str) -> Fault:
    """A fault that names the keys that lead to it."""
    where = ".".join(map(str, place))
    return document.fault(place, f"{where}: {message}" if where else message, remedy)


def _duration(text: str) -> str:
    if text and text != "on change" and parse_duration(text) <= 0:
        raise ValueError(f"a period of {text} is none; write how often there is a value, like 10 min, or on change")
    return text
