"""Rules: every alarm of a twin in columns, so that one batch of samples is judged against all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twins.asset import Alarm, Condition, Tag, Twin
from twins.clock import SECOND
from twins.expression import Expression, Formula, TagMeanings, bound, parse
from twins.record.snapshot import stale_after

Rows = NDArray[np.intp]
Int64 = NDArray[np.int64]
Floats = NDArray[np.float64]
_SIGNS = {Condition.HIGH: 1.0, Condition.HIGH_HIGH: 1.0, Condition.LOW: -1.0, Condition.LOW_LOW: -1.0}
_LEAST_SILENCE = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Calculated:
    """A deviation, a rate or a state: row of its alarm, places of its inputs among the watched tags, and its formula."""

    row: int
    inputs: tuple[int, ...]
    formula: Formula | None  # of a state; None: from the values themselves


@dataclass(frozen=True)
class Rules:
    """m alarms over the watched tags. Immutable; limits that were changed stand in the state."""

    alarms: tuple[Alarm, ...]
    tags: tuple[str, ...]  # watched, in the order of their places
    rows: Mapping[str, int]  # alarm key → row
    places: Mapping[str, int]  # tag path → place
    limit: Floats  # [m] as the package says
    sign: Floats  # [m] +1 above, −1 below, 0 where no single value decides
    deadband: Floats
    on_delay: Int64
    off_delay: Int64
    latching: NDArray[np.bool_]
    first: Rows  # [tags + 1]: the level alarms of tag i are level[first[i]:first[i + 1]]
    level: Rows
    calculated: tuple[Calculated, ...]
    silent_after: Mapping[int, tuple[Rows, int]]  # row of an asset's silence → its tags' places, and after how long, ns
    links: Mapping[str, int]  # link name → row
    ranges: Mapping[int, tuple[float, float]] = field(default_factory=dict)  # row → what its tag can be
    decimals: Mapping[int, int] = field(default_factory=dict)
    units: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.alarms)

    def levels_of(self, tags: NDArray[np.int32]) -> tuple[Rows, Rows]:
        """For samples of these tags: every (sample, level alarm) pair, in the order of the samples."""
        counts = self.first[tags + 1] - self.first[tags]
        sample = np.repeat(np.arange(len(tags)), counts)
        within = np.arange(len(sample)) - np.repeat(np.cumsum(counts) - counts, counts)
        return sample, self.level[self.first[tags][sample] + within]

    @classmethod
    def of(cls, twin: Twin, links: Iterable[str] = ()) -> Rules:
        """The alarms of the package, one for the silence of each placed asset, and one for each link."""
        silences = tuple(_silences(twin))
        down = {name: len(twin.alarms) + len(silences) + i for i, name in enumerate(links)}
        alarms = (*twin.alarms.values(), *(alarm for alarm, _ in silences), *(_link(name) for name in down))
        formulas = {i: _formula(alarm, twin) for i, alarm in enumerate(alarms) if alarm.condition is Condition.STATE}
        tags = tuple(dict.fromkeys(_watched(alarms, formulas, silences)))
        places = {path: i for i, path in enumerate(tags)}
        level, first = _level_index(alarms, places)
        offset = len(twin.alarms)
        return cls(
            alarms,
            tags,
            {alarm.key: i for i, alarm in enumerate(alarms)},
            places,
            np.array([alarm.limit for alarm in alarms]),
            np.array([_SIGNS.get(alarm.condition, 0.0) for alarm in alarms]),
            np.array([alarm.deadband for alarm in alarms]),
            np.array([alarm.on_delay_ns for alarm in alarms], np.int64),
            np.array([alarm.off_delay_ns for alarm in alarms], np.int64),
            np.array([alarm.latching for alarm in alarms], bool),
            first,
            level,
            tuple(_calculated(alarms, formulas, places)),
            {offset + i: (_places(own, places), _patience(own)) for i, (_, own) in enumerate(silences)},
            down,
            {i: tag.range for i, a in enumerate(alarms) if (tag := twin.tags.get(a.tag)) and tag.range},
            {i: twin.tags[a.tag].decimals for i, a in enumerate(alarms) if a.tag in twin.tags},
            {i: twin.tags[a.tag].unit for i, a in enumerate(alarms) if a.tag in twin.tags},
        )


def _level_index(alarms: Sequence[Alarm], places: Mapping[str, int]) -> tuple[Rows, Rows]:
    rows = np.array([i for i, alarm in enumerate(alarms) if alarm.condition in _SIGNS], np.intp)
    owners = np.array([places[alarms[i].tag] for i in rows], np.intp)
    order = np.argsort(owners, kind="stable")
    return rows[order], np.searchsorted(owners[order], np.arange(len(places) + 1))


def _watched(
    alarms: Sequence[Alarm], formulas: Mapping[int, Formula | None], silences: Sequence[tuple[Alarm, Sequence[Tag]]]
) -> Iterable[str]:
    for i, alarm in enumerate(alarms):
        yield from (path for path in (alarm.tag, alarm.reference) if path)
        if (formula := formulas.get(i)) is not None:
            yield from formula.names
    for _, tags in silences:
        yield from (tag.path for tag in tags)


def _calculated(
    alarms: Sequence[Alarm], formulas: Mapping[int, Formula | None], places: Mapping[str, int]
) -> Iterable[Calculated]:
    for i, alarm in enumerate(alarms):
        if alarm.condition is Condition.STATE and (formula := formulas[i]) is not None:
            yield Calculated(i, tuple(places[name] for name in formula.names), formula)
        elif alarm.condition is Condition.DEVIATION:
            yield Calculated(i, (places[alarm.tag], places[alarm.reference]), None)
        elif alarm.condition is Condition.RATE:
            yield Calculated(i, (places[alarm.tag],), None)


def _formula(alarm: Alarm, twin: Twin) -> Formula:
    expression: Expression = bound(parse(alarm.expression), alarm.asset, twin)
    return Formula(expression.root, TagMeanings(twin.tags))


def _silences(twin: Twin) -> Iterable[tuple[Alarm, list[Tag]]]:
    """One for each asset that stands by itself and has tags that report regularly, its own or of its components."""
    sites = [root for root in twin.roots if not root or twin.assets[root].site]
    below: dict[str, list[Tag]] = {each.path: [] for root in sites for each in twin.children(root) if not each.site}
    over: dict[str, tuple[str, ...]] = {}  # asset → those of them that it is, or is in
    for asset in twin.assets.values():
        over[asset.path] = (*over.get(asset.parent, ()), *((asset.path,) if asset.path in below else ()))
    for tag in twin.tags.values():
        if tag.period_ns is not None and not tag.computed:
            for path in over.get(tag.asset, ()):
                below[path].append(tag)
    for path, regular in below.items():
        if regular:
            key = f"{path}/no_data"
            message, action = (
                "No data, values shown as stale",
                "Look at its controller and its line; nothing shown of it is current",
            )
            yield Alarm(key, path, Condition.SILENCE, message=message, action=action, priority="medium"), regular


def _patience(tags: Sequence[Tag]) -> int:
    """So long may an asset be silent, ns: as long as its quickest tag takes to go stale, and never less than a few seconds."""
    return max(_LEAST_SILENCE, stale_after(min(tag.period_ns or 0 for tag in tags)))


def _places(tags: Sequence[Tag], places: Mapping[str, int]) -> Rows:
    return np.array([places[tag.path] for tag in tags], np.intp)


def _link(name: str) -> Alarm:
    return Alarm(
        f"link/{name}",
        "",
        Condition.LINK,
        priority="high",
        message=f"Link {name} to the plant is down",
        consequence="Nothing that it brings is current; commands can't be sent",
        action="Check the broker and the network",
    )
