"""Computing: the computed tags of a twin, kept up as their inputs come in; recorded like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twins.asset import Tag, TagKind, Twin
from twins.expression import Formula, computed_formulas
from twins.record import Channel, Channels, Samples
from twins.record.snapshot import stale_after
from twins.station.board import Board


@dataclass(frozen=True, slots=True)
class _Computed:
    """One computed tag: its place on the board, its inputs' places, and after how long each of them is too old, ns."""

    place: int
    kind: TagKind
    formula: Formula
    inputs: NDArray[np.intp]
    patience: NDArray[np.int64]
    period: int  # ns: it is not derived more often than its quickest input reports


class Computing:
    """`channels` are the link's, then one for each computed tag that can be derived from them; `refused` says which can't."""

    def __init__(self, twin: Twin, brought: Channels) -> None:
        formulas, self.refused = computed_formulas(twin)
        channels, computed = list(brought), []
        place = dict(brought.place)
        for path, formula in formulas.items():
            if any(name not in place for name in formula.names):
                continue
            inputs = np.array([place[name] for name in formula.names], np.intp)
            channel = _channel(twin.tags[path], [channels[i] for i in inputs])
            place[path] = len(channels)
            channels.append(channel)
            patience = np.array([stale_after(channels[i].period_ns) for i in inputs], np.int64)
            computed.append(_Computed(place[path], channel.kind, formula, inputs, patience, channel.period_ns or 0))
        self.channels = Channels(channels)
        self._computed = computed

    def derive(self, board: Board, brought: NDArray[np.int32], instant: int) -> Samples:
        """What follows from the tags at these places, which the board holds by now; the board takes the results in.

        A result is as new as its newest input; an input that is missing or too old gives none, a BAD one gives BAD.
        """
        fresh = np.zeros(len(self.channels), bool)
        fresh[brought] = True
        rows: list[tuple[int, int, int, int]] = []
        for each in self._computed:
            if not len(each.inputs) or not fresh[each.inputs].any() or not self._due(each, board, fresh):
                continue
            ages = instant - board.source[each.inputs]
            if (ages > each.patience).any():
                continue
            columns = {
                name: (board.value[[i]], board.quality[[i]]) for name, i in zip(each.formula.names, each.inputs, strict=True)
            }
            values, quality = each.formula(columns)
            source = int(board.source[each.inputs].max())
            rows.append((each.place, source, _bits(each.kind, float(values[0])), int(quality[0])))
            board.take(self._samples(rows[-1:], instant))
            fresh[each.place] = True
        return self._samples(rows, instant)

    def _due(self, each: _Computed, board: Board, fresh: NDArray[np.bool_]) -> bool:
        """Once a period is enough, unless all inputs are new together."""
        newest = int(board.source[each.inputs].max())
        return newest - int(board.source[each.place]) >= 0.9 * each.period or bool(fresh[each.inputs].all())

    def _samples(self, rows: Sequence[tuple[int, int, int, int]], instant: int) -> Samples:
        columns = np.array(rows, np.int64).reshape(len(rows), 4).T
        return Samples(
            self.channels,
            columns[0].astype(np.int32),
            columns[1].copy(),
            np.full(len(rows), instant),
            columns[2].copy(),
            columns[3].astype(np.uint8),
        )


def _channel(tag: Tag, inputs: Sequence[Channel]) -> Channel:
    """As often as its most frequent input reports, and as alive as its inputs' link."""
    periods = [channel.period_ns for channel in inputs if channel.period_ns is not None]
    link = next((channel.link for channel in inputs), "")
    return replace(Channel.of(tag, link), period_ns=min(periods, default=None))


def _bits(kind: TagKind, value: float) -> int:
    if kind is TagKind.NUMBER:
        return int(np.float64(value + 0.0).view(np.int64))
    return round(value) if np.isfinite(value) else 0
