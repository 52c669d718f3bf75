"""The inbox: what the network thread has read and nobody has taken yet; bounded, and cheap to put into."""

from __future__ import annotations

from array import array
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from twins.links.link import Rejected
from twins.links.mqtt.batch import Columns
from twins.links.mqtt.payload import SAID_NOTHING, excerpt
from twins.record import Channels, Samples, Waveform

MOST_ROWS = 200_000
_EXCERPTS = 20  # kept in one go; more of the same are counted


class Rows:
    """Readings in columns. Numbers and codes stand in columns of their own kind; texts and waveforms in lists beside."""

    __slots__ = ("bits", "codes", "counter", "dup", "number", "place", "quality", "source", "texts", "values", "waveforms")

    def __init__(self) -> None:
        self.place, self.source, self.quality = array("i"), array("q"), array("B")
        self.counter, self.dup, self.number = array("q"), array("B"), array("B")
        self.values, self.codes = array("d"), array("q")
        self.texts: dict[str, int] = {}
        self.waveforms: list[Waveform] = []

    def __len__(self) -> int:
        return len(self.place)

    def put(self, place: int, source: int, value: object, quality: int, counter: int, dup: bool) -> None:
        """One reading."""
        if type(value) is float:
            self.values.append(value)
            self.codes.append(0)
            self.number.append(1)
        else:
            self.codes.append(self._code(value))
            self.values.append(0.0)
            self.number.append(0)
        self.place.append(place)
        self.source.append(source)
        self.quality.append(quality)
        self.counter.append(counter)
        self.dup.append(dup)

    def _code(self, value: object) -> int:
        if isinstance(value, str):
            return self.texts.setdefault(value, len(self.texts))
        if isinstance(value, Waveform):
            self.waveforms.append(value)
            return len(self.waveforms) - 1
        return value  # type: ignore[return-value]

    def samples(self, channels: Channels, instant: int) -> tuple[Samples, NDArray[np.int64], NDArray[np.bool_]]:
        """Samples that arrived at `instant`, their counters, and which were sent before."""
        if not len(self):
            return Samples(channels, *_NO_COLUMNS), _NONE, _NONE.astype(bool)
        source = np.frombuffer(self.source, np.int64).copy()
        source[source == SAID_NOTHING] = instant
        values = np.frombuffer(self.values, np.float64).view(np.int64)
        bits = np.where(np.frombuffer(self.number, bool), values, np.frombuffer(self.codes, np.int64))
        samples = Samples(
            channels,
            np.frombuffer(self.place, np.int32),
            source,
            np.full(len(source), instant),
            bits,
            np.frombuffer(self.quality, np.uint8),
            tuple(self.texts),
            tuple(self.waveforms),
        )
        return samples, np.frombuffer(self.counter, np.int64), np.frombuffer(self.dup, bool)


_NONE = np.zeros(0, np.int64)
_NO_COLUMNS = (np.zeros(0, np.int32), _NONE, _NONE, _NONE, np.zeros(0, np.uint8))


def columns_samples(columns: Columns, channels: Channels, instant: int) -> Samples:
    """A binary batch as samples."""
    place, source, value, quality = columns
    return Samples(channels, place, source, np.full(len(source), instant), value.view(np.int64), quality)


class Quarantine:
    """What could not be read: by topic and reason, with one payload of each to look at."""

    def __init__(self) -> None:
        self.total = 0
        self._found: Counter[tuple[str, str]] = Counter()
        self._payloads: dict[tuple[str, str], str] = {}

    def put(self, topic: bytes, reason: str, payload: bytes) -> None:
        """One message more."""
        key = (excerpt(topic), reason)
        if key not in self._found and len(self._found) >= _EXCERPTS:
            key = ("", "and others")
        self._found[key] += 1
        self.total += 1
        self._payloads.setdefault(key, excerpt(payload))

    def take(self) -> tuple[Rejected, ...]:
        """What came since the last time."""
        found, payloads = self._found, self._payloads
        self._found, self._payloads = Counter(), {}
        return tuple(Rejected(topic, reason, payloads[topic, reason], count) for (topic, reason), count in found.items())
