"""The intake: a table's rows sorted out by asset and time, and turned into samples that say how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind, Twin
from twins.clock import parse_duration
from twins.historian.alarmlist import AlarmRow, alarm_events, read_alarms
from twins.historian.binding import Binding, Feed, channel_of
from twins.historian.cells import Cells, Form, read_cells, sniffed_decimal
from twins.historian.columns import Column, Mask, arrow, coded, joined, words_of
from twins.historian.condensing import condensed
from twins.historian.keys import AssetKeys, NameKeys, TagKeys
from twins.historian.localtime import read_times
from twins.historian.mapping import Mapping as Words
from twins.historian.merging import in_terms_of, merge, without_rounding
from twins.historian.table import Table
from twins.historian.tally import Tally
from twins.record import Event, EventKind, Quality, Reason, Samples, quality_byte

Int64 = NDArray[np.int64]
Watch = Callable[[float], None]

_ASSUMED_GOOD = quality_byte(Quality.GOOD, assumed=True)
_OUTSIDE = quality_byte(Quality.BAD, Reason.OUT_OF_RANGE)
_CONFLICT = quality_byte(Quality.UNCERTAIN, Reason.CONFLICT)
_PART = quality_byte(Quality.UNCERTAIN)  # of a stretch that the file holds a part of


class Held(Protocol):
    """What of a recording the intake asks for."""

    def between(self, start: int, end: int, paths: Sequence[str] | None = None) -> Samples:
        """See `Recording.between`."""

    def events(self, start: int, end: int, kinds: Sequence[EventKind] | None = None) -> tuple[Event, ...]:
        """See `Recording.events`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows whose asset, time and tag are known: `asset` is a place in `assets`, `time` ns UTC (0 in an alarm list).

    `feed` is a place among the feeds; None where each column is one.
    """

    table: Table
    assets: tuple[str, ...]
    asset: NDArray[np.int32]
    time: Int64
    feed: NDArray[np.int32] | None
    alarms: tuple[AlarmRow, ...]
    form: Form
    told: Mapping[str, str]
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be recorded, in order of time."""

    samples: Samples
    events: tuple[Event, ...]
    outside: int

    @property
    def first(self) -> int | None:
        """The earliest instant, ns UTC."""
        return min(self._ends(0), default=None)

    @property
    def last(self) -> int | None:
        """The latest instant, ns UTC."""
        return max(self._ends(-1), default=None)

    def _ends(self, place: int) -> Iterator[int]:
        if len(self.samples):
            yield int(self.samples.source[place])
        if self.events:
            yield self.events[place].time


class Intake:
    """One import's way from cells to samples; what can't be taken is tallied."""

    def __init__(self, mapping: Words, binding: Binding, twin: Twin, tally: Tally) -> None:
        self._mapping, self._binding, self._twin, self._tally = mapping, binding, twin, tally

    def rows(self, table: Table, told: Mapping[str, str]) -> Rows:
        """Each row's asset, time and tag; those without are left out."""
        assets, asset = self._assets(table)
        feed = self._named_feeds(table)
        form = self._form(table, told.get("delimiter", ""))
        told = {**told, "decimal": form.decimal} if told else told
        alarms = self._alarms(table, assets, asset)
        ends = [t for row in alarms for t in (row.on, row.off) if t is not None]
        time, good = np.zeros(len(table.rows), np.int64), np.zeros(len(table.rows), bool)
        if self._mapping.brings_samples:
            series = asset if feed is None else asset * len(self._binding.feeds) + feed
            time, good = self._counted(table.rows) if self._mapping.time.counts else self._read(table, series)
            known = asset >= 0
            if not self._mapping.alarms:
                self._tally_of(self._mapping.asset, table).count("unknown_asset", table.rows[good & ~known])
            good &= known
            if feed is not None:
                self._tally_of(self._mapping.tag, table).count("unknown_tag", table.rows[good & (feed < 0)])
                good &= feed >= 0
            ends += [int(time[good].min()), int(time[good].max())] if good.any() else []
        kept = Table({name: column.filter(arrow(good)) for name, column in table.columns.items()}, table.rows[good])
        first, last = min(ends, default=None), max(ends, default=None)
        feed = None if feed is None else feed[good]
        return Rows(kept, assets, asset[good], time[good], feed, alarms, form, told, first, last)

    def take(self, rows: Rows, held: Held, watch: Watch) -> Taken:
        """Samples and events that `held` does not hold yet."""
        batches, outside = [], 0
        feeds = self._binding.feeds
        for i, feed in enumerate(feeds):
            for batch in self._samples(i, feed, rows, held):
                batches += [batch] if len(batch) else []
                outside += int(np.count_nonzero(batch.quality == _OUTSIDE))
            watch((i + 1) / len(feeds))
        samples = Samples.join(batches)
        samples = samples.take(np.argsort(samples.source, kind="stable"))
        events: tuple[Event, ...] = ()
        if rows.alarms and rows.first is not None and rows.last is not None:
            events = alarm_events(rows.alarms, held.events(rows.first, rows.last + 1, [EventKind.ALARM]), self._tally)
        return Taken(samples, events, outside)

    # whose rows, and when

    def _assets(self, table: Table) -> tuple[tuple[str, ...], NDArray[np.int32]]:
        """The assets, and each row's place among them; −1 where it has none that is known."""
        foreign, keys = self._binding.assets, self._mapping.asset
        if foreign is None or keys is None:
            return (self._binding.fixed,), np.zeros(len(table.rows), np.int32)
        assets = tuple(dict.fromkeys(foreign.values()))
        words, codes = coded(words_of(table.columns[keys.column]))
        places = [assets.index(foreign[word]) if word in foreign else -1 for word in words]
        return assets, np.array(places or [-1], np.int32)[codes] if len(codes) else np.zeros(0, np.int32)

    def _named_feeds(self, table: Table) -> NDArray[np.int32] | None:
        """Of a long file, each row's place among the feeds; −1 where it names none of them."""
        if not self._mapping.tag:
            return None
        place = {feed.name: i for i, feed in enumerate(self._binding.feeds)}
        words, codes = coded(words_of(table.columns[self._mapping.tag.column]))
        return np.array([place.get(word, -1) for word in words] or [-1], np.int32)[codes]

    def _read(self, table: Table, series: NDArray[np.int32]) -> tuple[Int64, Mask]:
        """ns UTC of each row, and where there is one."""
        column = joined([table.columns[name] for name in self._mapping.time.names])
        time, good = self._times(column, series, table.rows)
        if self._mapping.time.begins and len(table.rows):  # a stopwatch
            zero, known = self._begins(table.rows)
            time, good = np.where(good, time + zero, 0), good & known
        return time, good

    def _times(self, column: Column, asset: NDArray[np.int32], rows: Int64) -> tuple[Int64, Mask]:
        tally = self._tally.of(" ".join(self._mapping.time.names) or "its time", column, rows)
        return read_times(column, self._mapping.time.format, self._binding.zone, asset, rows, tally)

    def _tally_of(self, keys: AssetKeys | NameKeys | None, table: Table) -> Tally:
        """That of the column which names assets or tags."""
        return self._tally.of(keys.column, table.columns[keys.column], table.rows) if keys and keys.column else self._tally

    def _counted(self, rows: Int64) -> tuple[Int64, Mask]:
        """The same of rows that say no time: it is counted from the first one's."""
        first, known = self._begins(rows)
        since = rows - rows.min(initial=rows[0] if len(rows) else 0)
        return first + since * parse_duration(self._mapping.time.every), np.full(len(rows), known)

    def _begins(self, rows: Int64) -> tuple[int, bool]:
        """`time.begins`, ns UTC, and whether it can be read."""
        import pyarrow as pa

        begins = pa.array([self._mapping.time.begins])
        time, good = read_times(begins, "iso8601", self._binding.zone, np.zeros(1, np.int32), rows[:1], self._tally)
        return int(time[0]), bool(good[0])

    def _form(self, table: Table, delimiter: str) -> Form:
        words = self._mapping
        measured = dict.fromkeys(feed.column for feed in self._binding.feeds if _measures(feed))
        other = {".": ",", ",": "."}.get(words.thousands, "")
        decimal = (
            words.decimal or other or sniffed_decimal((table.columns[name] for name in measured), delimiter, words.thousands)
        )
        return Form(decimal, words.thousands, words.blank)

    def _alarms(self, table: Table, assets: tuple[str, ...], asset: NDArray[np.int32]) -> tuple[AlarmRow, ...]:
        keys = self._mapping.alarms
        return read_alarms(table, keys, self._mapping.blank, assets, asset, self._times, self._tally) if keys else ()

    # samples

    def _samples(self, place: int, feed: Feed, rows: Rows, held: Held) -> Iterator[Samples]:
        """One feed's samples, asset by asset."""
        own = np.ones(len(rows.asset), bool) if rows.feed is None else rows.feed == place
        has_tag = np.array([asset in feed.tags for asset in rows.assets])[rows.asset] if len(rows.asset) else np.zeros(0, bool)
        self._tally.count("unknown_tag", rows.table.rows[own & ~has_tag])
        alike = sorted(feed.tags.items(), key=lambda item: _sort(item[1]))
        for _, group in groupby(alike, key=lambda item: _sort(item[1])):
            tags = dict(group)
            mine = np.flatnonzero(own & np.isin(rows.asset, [i for i, asset in enumerate(rows.assets) if asset in tags]))
            tag = next(iter(tags.values()))
            column = rows.table.columns[feed.column_of(tag)].take(arrow(mine))
            numbers = rows.table.rows[mine]
            cells = read_cells(column, tag, feed.keys, rows.form, numbers, self._tally.of(feed.column_of(tag), column, numbers))
            row = mine[cells.place]
            by_path: dict[str, list[int]] = {}
            for i, asset in enumerate(rows.assets):
                if asset in tags:
                    by_path.setdefault(tags[asset].path, []).append(i)
            for places in by_path.values():
                chosen = np.isin(rows.asset[row], places)
                one = Cells(row[chosen], cells.bits[chosen], cells.outside[chosen], cells.texts)
                yield self._of_tag(tags[rows.assets[places[0]]], feed, one, rows, held)

    def _of_tag(self, tag: Tag, feed: Feed, cells: Cells, rows: Rows, held: Held) -> Samples:
        """The samples of one tag that are new; `cells.place` are places in `rows`."""
        time = rows.time[cells.place]
        channel = channel_of(tag, feed.keys, self._mapping)
        part = np.zeros(len(time), bool)
        if feed.keys.over:
            cells, time, part = _of_stretches(cells, time, feed.keys)
        if not len(time):
            return Samples.empty()
        known = held.between(int(time.min()), int(time.max()) + 1, [tag.path])
        foreign = any(known.channels[i].unit != tag.unit for i in np.unique(known.channel).tolist())
        known = in_terms_of(tag, known)
        values, held_values = _comparable(tag, cells.bits), _held_values(tag, cells, known)
        if foreign and tag.kind is TagKind.NUMBER:
            held_values = without_rounding(time, values, known.source, held_values)
        merged = merge(time, values, known.source, held_values)
        numbers = rows.table.rows[cells.place]
        self._tally.count("duplicate", numbers[merged.duplicates])
        self._tally.count("conflict", numbers[merged.conflicts])
        kept = merged.kept
        quality = np.where(cells.outside[kept], _OUTSIDE, np.where(merged.doubtful, _CONFLICT, _ASSUMED_GOOD)).astype(np.uint8)
        quality = np.where(part[kept], _PART, quality)
        place = np.zeros(len(kept), np.int32)
        return Samples((channel,), place, time[kept], time[kept], cells.bits[kept], quality, cells.texts)


def _of_stretches(cells: Cells, time: Int64, keys: TagKeys) -> tuple[Cells, Int64, Mask]:
    """The curve in its cells by its stretches: cells, where each begins, and whether it is a part of one only."""
    values = cells.bits.view(np.float64)
    place, begins, found, part = condensed(time, values, ~cells.outside, parse_duration(keys.over), keys.aggregate or "mean")
    return Cells(cells.place[place], found.view(np.int64), np.zeros(len(place), bool), cells.texts), begins, part


def _measures(feed: Feed) -> bool:
    return any(tag.kind in (TagKind.NUMBER, TagKind.INTEGER) for tag in feed.tags.values())


def _sort(tag: Tag) -> tuple[str, str, tuple[str, ...]]:
    """Tags of one sort read a cell alike."""
    return (tag.kind.value, tag.unit, tag.values)


def _comparable(tag: Tag, bits: Int64) -> Int64:
    """Bit patterns that are equal where the values are: −0 is 0."""
    return (bits.view(np.float64) + 0.0).view(np.int64) if tag.kind is TagKind.NUMBER else bits


def _held_values(tag: Tag, cells: Cells, held: Samples) -> Int64:
    """The held values as `_comparable` writes them; a text as its place in the cells' texts, or a number no cell has."""
    if tag.kind is not TagKind.TEXT:
        return _comparable(tag, held.bits)
    place = {text: i for i, text in enumerate(cells.texts)}
    table = np.array([place.get(text, -1 - i) for i, text in enumerate(held.texts)] or [-1], np.int64)
    return np.take(table, held.bits)
