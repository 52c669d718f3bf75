"""Binding: a mapping meets a twin and a file; everything that doesn't fit is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from twins.asset import Tag, TagKind, Twin
from twins.clock import parse_duration
from twins.expression.units import conversion
from twins.historian.cells import NO, YES
from twins.historian.keys import TagKeys, near
from twins.historian.mapping import Mapping as Words
from twins.historian.mapping import MappingError
from twins.historian.tally import clipped
from twins.package.document import Place
from twins.package.fault import Fault
from twins.record import Channel

_ON_CHANGE = "on change"
_LISTED = 12


@dataclass(frozen=True, slots=True)
class Feed:
    """One column, or the rows of a long file that name one tag: whose tag they feed, by the asset of the row."""

    column: str
    keys: TagKeys
    tags: Mapping[str, Tag]  # asset path → tag
    name: str | None = None  # of a long file: what such rows say in the column of names
    words: str = ""  # of a long file: the column of what is not a plain number

    @property
    def place(self) -> Place:
        """Where the mapping speaks of it."""
        return ("tags", self.column) if self.name is None else ("tag", "map", self.name)

    def column_of(self, tag: Tag) -> str:
        """Where the values of a tag stand."""
        return self.words if self.words and tag.kind is not TagKind.NUMBER else self.column


@dataclass(frozen=True, slots=True)
class Binding:
    """What is to be read, with every name found."""

    feeds: tuple[Feed, ...]
    assets: Mapping[str, str] | None  # foreign name → asset path; None: all rows are of `fixed`
    fixed: str
    zone: ZoneInfo


def bind(mapping: Words, twin: Twin, names: Sequence[str], preamble: str = "") -> Binding:
    """`names` are the file's columns; where those don't stand in its first line, `preamble` says what to write in the mapping.

    Raises MappingError with every fault.
    """
    feeds, faults = _judged(mapping, twin)
    faults = [*_columns(mapping, names, preamble), *faults]
    if faults:
        raise MappingError(faults)
    fixed = mapping.asset.fixed if mapping.asset else ""
    return Binding(tuple(feeds), _foreign(mapping, twin), fixed, _zone(mapping, twin))


def misfits(mapping: Words, twin: Twin) -> list[Fault]:
    """Everything that doesn't fit the twin, whatever columns a file has."""
    return _judged(mapping, twin)[1]


def _judged(mapping: Words, twin: Twin) -> tuple[list[Feed], list[Fault]]:
    faults = list(_assets(mapping, twin))
    assets = _paths(mapping, twin)
    feeds = list(_feeds(mapping, twin, assets or _all_like(mapping, twin)))
    for feed in feeds:
        if "{column}" not in feed.keys.tag:  # else it is said only when a file's columns are known
            faults += [mapping.fault(feed.place, *told) for told in _misfits(feed, twin, assets)]
    return feeds, [*faults, *_fed_twice(mapping, feeds)]


def channel_of(tag: Tag, keys: TagKeys, mapping: Words) -> Channel:
    """The channel that imported values of a tag are written on: the mapping's period and aggregate hold."""
    period = keys.over or keys.period or mapping.period
    aggregate = mapping.aggregate if keys.aggregate is None else keys.aggregate
    stamp = mapping.time.stamp or ("start" if aggregate else "")
    period_ns = tag.period_ns if not period else None if period == _ON_CHANGE else parse_duration(period)
    return Channel(tag.path, tag.kind, tag.unit, period_ns, aggregate, stamp, tag.values)


def _columns(mapping: Words, names: Sequence[str], preamble: str) -> Iterator[Fault]:
    if preamble:
        yield mapping.fault(
            (), f"the file begins with “{clipped(names[0] if names else '')}”, not with the names of its columns", preamble
        )
        return
    known = ", ".join(f"“{name}”" for name in names[:_LISTED] if name) + (", …" if len(names) > _LISTED else "")
    for place, column in mapping.named_columns():
        if column not in names:
            yield mapping.fault(place, f"the file has no column “{column}”", f"{near(column, names)}its columns are {known}")
        elif list(names).count(column) > 1:
            yield mapping.fault(place, f"the file has several columns “{column}”", "rename them, or name all with header:")


def _assets(mapping: Words, twin: Twin) -> Iterator[Fault]:
    if not mapping.asset:
        return
    named: list[tuple[Place, str]] = [(("asset",), mapping.asset.fixed)]
    named += [(("asset", "map", foreign), path) for foreign, path in (mapping.asset.map or {}).items()]
    for place, path in named:
        if path and path not in twin.assets:
            known = [asset for asset in twin.assets if asset and "/" not in asset][:_LISTED]
            remedy = f"{near(path, twin.assets)}it has {', '.join(known) or 'none'}"
            yield mapping.fault(place, f"the twin “{twin.id}” has no asset “{path}”", remedy)


def _foreign(mapping: Words, twin: Twin) -> Mapping[str, str] | None:
    if not mapping.asset or not mapping.asset.column:
        return None
    return mapping.asset.map if mapping.asset.map is not None else {path: path for path in twin.assets if path}


def _paths(mapping: Words, twin: Twin) -> list[str]:
    """The assets of the twin that rows may be of."""
    foreign = _foreign(mapping, twin)
    named = [mapping.asset.fixed if mapping.asset else ""] if foreign is None else foreign.values()
    return [path for path in dict.fromkeys(named) if path in twin.assets]


def _all_like(mapping: Words, twin: Twin) -> list[str]:
    """Where no asset that a mapping names is known: every asset, the likeliest first, so that the rest can be judged."""
    named = [mapping.asset.fixed, *(mapping.asset.map or {}).values()] if mapping.asset else []
    likely = [name for word in named if word for name in difflib.get_close_matches(word, [*twin.assets], 1, 0)]
    return list(dict.fromkeys([*likely, *twin.assets]))


def _feeds(mapping: Words, twin: Twin, assets: Sequence[str]) -> Iterator[Feed]:
    for column, told in mapping.tags.items():
        for keys in (told, *told.also):
            yield Feed(column, keys, _targets(keys.tag, twin, assets))
    if mapping.tag and mapping.value:
        column, words, named = mapping.value.column, mapping.value.words, mapping.tag.map
        if named is None:
            for name, tags in _own_names(twin, assets).items():
                yield Feed(column, TagKeys(tag=name), tags, name, words)
        for name, keys in (named or {}).items():
            yield Feed(column, keys, _targets(keys.tag, twin, assets), name, words)


def _own_names(twin: Twin, assets: Sequence[str]) -> dict[str, dict[str, Tag]]:
    """What rows may say that name tags as the twin does, each tag by the nearest of the assets: name → asset → tag."""
    found: dict[str, dict[str, Tag]] = {}
    for path, tag in twin.tags.items():
        above = [asset for asset in assets if asset in ("", tag.asset) or tag.asset.startswith(f"{asset}/")]
        if above and not tag.computed and tag.kind is not TagKind.WAVEFORM:
            asset = max(above, key=len)
            found.setdefault(path[len(asset) + 1 :] if asset else path, {})[asset] = tag
    return found


def _targets(name: str, twin: Twin, assets: Sequence[str]) -> dict[str, Tag]:
    """Whose tag is meant, by asset: `power` or `gearbox.temperature` of the asset, else a full path."""
    found = {}
    for asset in assets:
        below = [f"{asset}/{name}", name] if "." in name else [f"{asset}.{name}"]
        for path in below if asset else [name]:
            if path in twin.tags:
                found[asset] = twin.tags[path]
                break
    return found


def _misfits(feed: Feed, twin: Twin, assets: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Why a column can't feed its tag, and the remedy."""
    if not feed.tags:
        yield _no_tag(feed.keys.tag, twin, assets)
        return
    tag = next(iter(feed.tags.values()))
    if tag.kind is TagKind.WAVEFORM:
        yield f"“{tag.path}” is a waveform, which no column of a table holds", "leave it out"
    if tag.computed:
        yield f"“{tag.path}” is computed from other tags", "leave it out; it is derived after the import"
    if tag.kind in (TagKind.NUMBER, TagKind.INTEGER):
        yield from _unit_faults(feed.keys, tag)
        if feed.keys.over and tag.kind is TagKind.INTEGER:
            yield f"“{tag.path}” is a whole number, which has no mean", "leave out “over”"
    else:
        yield from _no_number(feed.keys, tag)
    if tag.kind is TagKind.BOOLEAN:
        for word in dict.fromkeys(feed.keys.labels.values()):
            if word.casefold() not in YES | NO:
                yield f"“{word}” is no value of “{tag.path}”", "write true or false"
    if tag.kind is TagKind.ENUMERATION:
        for word in dict.fromkeys(feed.keys.labels.values()):
            if word not in tag.values:
                yield f"“{word}” is no value of “{tag.path}”", f"{near(word, tag.values)}its values are {', '.join(tag.values)}"


def _no_number(keys: TagKeys, tag: Tag) -> Iterator[tuple[str, str]]:
    said = {
        "unit": bool(keys.unit),
        "over": bool(keys.over),
        "scale": keys.scale != 1.0,
        "bad_outside": keys.bad_outside is not None,
    }
    for key in (key for key, here in said.items() if here):
        yield f"“{tag.path}” is no number, so it has no {key}", f"leave out “{key}”"


def _no_tag(name: str, twin: Twin, assets: Sequence[str]) -> tuple[str, str]:
    asset = assets[0] if assets else ""
    own = [tag.name for tag in twin.tags.values() if tag.asset == asset or not assets]
    remedy = f"{near(name, twin.tags if '.' in name or not own else own)}name one that its package declares"
    where = "no asset of the twin" if not assets else f"“{asset}”" if asset else f"the twin “{twin.id}”"
    return f"{where} has {'a' if not assets else 'no'} tag “{name}”", remedy


def _unit_faults(keys: TagKeys, tag: Tag) -> Iterator[tuple[str, str]]:
    if keys.unit and keys.unit != tag.unit:
        try:
            conversion(keys.unit, tag.unit)
        except ValueError as error:
            message, _, remedy = str(error).partition("; ")
            yield message, remedy or f"write the unit of the file; “{tag.path}” is in {tag.unit or 'plain numbers'}"


def _fed_twice(mapping: Words, feeds: Sequence[Feed]) -> Iterator[Fault]:
    fed: dict[str, str] = {}
    for feed in feeds:
        for path in dict.fromkeys(tag.path for tag in feed.tags.values()):
            if path in fed:
                yield mapping.fault(feed.place, f"“{path}” is already fed by “{fed[path]}”", "keep one of the two")
                break
            fed[path] = str(feed.place[-1])


def _zone(mapping: Words, twin: Twin) -> ZoneInfo:
    return ZoneInfo(mapping.time.timezone or twin.timezone or "UTC")
