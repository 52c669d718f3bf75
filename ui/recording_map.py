"""The map of a recording: where it has samples, where it has gaps, and what happened, over the stretch that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from twins.asset import Twin
from twins.historian.query import Answers, Query
from twins.record import TOLD, Event, Snapshot
from twins.timeline import Timeline
from ui.coverage import between, bucket_ns, covered, learnt, together
from ui.time_view import TimeView

_WITNESSES = 3  # so many headline tags stand for the whole recording
_MOST_BUCKETS = 4096
Stretches = tuple[NDArray[np.int64], NDArray[np.int64]]  # starts, ends


@dataclass(frozen=True, slots=True)
class Found:
    """Where anything was sampled, where the chosen tag was, and the events."""

    covered: Stretches
    of_tag: Stretches
    events: tuple[Event, ...]


class RecordingMap:
    """Coverage is read off the trends of up to three headline tags and of the chosen one, over what is shown and half as much on
    both sides: cheap, and asked anew only when the view leaves that."""

    def __init__(self, twin: Twin, timeline: Timeline, view: TimeView) -> None:
        self._twin, self._timeline, self._view = twin, timeline, view
        self._asked = Query()
        self._heard: Answers | None = None

    def question(self, snapshot: Snapshot, chosen: str, room: int) -> Query:
        """What to ask for a strip `room` px wide; the same again while that serves."""
        tags = self.witnesses(snapshot, chosen)
        period = max((snapshot.channels[snapshot.place[tag]].period_ns or 0 for tag in tags), default=0)
        stretch = self._view.around((self._asked.start, self._asked.end), 5 * period // 2)
        if (stretch, tags) != ((self._asked.start, self._asked.end), self._asked.tags):
            width = min(_MOST_BUCKETS, room * (stretch[1] - stretch[0]) // self._view.span)
            self._asked = Query(tags, *stretch, max(64, width), True, TOLD, hindsight=True)
        return self._asked

    def hear(self, answers: Answers, chosen: str) -> Found | None:
        """What the answers to `question` tell, and the timeline learns the gaps; None for others, and for the same again."""
        query = answers.query
        if answers is self._heard or query != self._asked or query == Query():
            return None
        self._heard = answers
        each = {tag: covered(t, bucket_ns(t, query.start, query.end, query.width)) for tag, t in answers.trends.items()}
        plant = self._timeline.plant
        plain = np.array([plant.start]), np.array([plant.end])  # no tag can tell: nothing is said against it
        starts, ends = together(each.values()) if each else plain
        whole = starts, np.minimum(ends, plant.end)
        start, end = max(query.start, plant.start), min(query.end, plant.end)
        if start < end and each:
            self._timeline.gaps = learnt(self._timeline.gaps, start, end, between(whole, start, end))
        return Found(whole, each.get(chosen, whole), answers.events)

    def witnesses(self, snapshot: Snapshot, chosen: str) -> tuple[str, ...]:
        """The tags whose trends tell where samples are: regular ones that the recording knows."""
        heads = dict.fromkeys(asset.headline for asset in self._twin.children(""))
        known = chain(heads, (channel.path for channel in snapshot.channels if channel.path not in heads))
        regular = islice((tag for tag in known if _regular(snapshot, tag)), _WITNESSES)
        return tuple(dict.fromkeys((*regular, *((chosen,) if _regular(snapshot, chosen) else ()))))


def _regular(snapshot: Snapshot, tag: str) -> bool:
    place = snapshot.place.get(tag)
    return place is not None and snapshot.channels[place].period_ns is not None
