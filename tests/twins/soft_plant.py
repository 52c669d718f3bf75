"""Soft peers of the real link, record and desk: the same ports, in memory, for what needs no wire."""

from __future__ import annotations

import numpy as np

from twins.asset import TagKind
from twins.historian.memory import MemoryRecording
from twins.historian.recording import RecordingError
from twins.links.link import Delivery, LinkState
from twins.record import Channel, Channels, Quality, Reason, Samples, quality_byte

SAID = -(2**62)
ASSUMED_GOOD = 0b100
BAD = quality_byte(Quality.BAD, Reason.SENSOR_FAILURE)


class SoftLink:
    """A link whose plant is the test itself."""

    name = "mqtt"

    def __init__(self, twin):
        self.channels = Channels(Channel.of(tag, "mqtt") for tag in twin.tags.values() if not tag.computed)
        self.up, self.rows, self.sent, self.acknowledged, self.beats = True, [], [], [], 0
        self.extra = {}

    def says(self, path, value, source=SAID, n=-1, dup=False, quality=ASSUMED_GOOD):
        place = self.channels.place[path]
        kind = self.channels[place].kind
        if kind is TagKind.NUMBER:
            bits = int(np.float64(value).view(np.int64))
        else:
            bits = self.channels[place].values.index(value) if isinstance(value, str) else int(value)
        self.rows.append((place, source, bits, quality, n, dup))

    def start(self):
        pass

    def wait(self, seconds):
        pass

    def take(self, instant):
        rows, self.rows = self.rows, []
        columns = list(zip(*rows, strict=True)) or [()] * 6
        source = np.array(columns[1], np.int64)
        samples = Samples(
            self.channels,
            np.array(columns[0], np.int32),
            np.where(source == SAID, instant, source),
            np.full(len(rows), instant),
            np.array(columns[2], np.int64),
            np.array(columns[3], np.uint8),
        )
        extra, self.extra = self.extra, {}
        return Delivery(samples, np.array(columns[4], np.int64), np.array(columns[5], bool), receipt=instant, **extra)

    def acknowledge(self, receipt):
        self.acknowledged.append(receipt)

    def send(self, order):
        self.sent.append(order)

    def beat(self):
        self.beats += 1

    def state(self):
        return LinkState(self.up, "" if self.up else "nobody answers")

    def close(self):
        pass


class SoftLog(MemoryRecording):
    """A record in memory that can be told to fail."""

    def __init__(self):
        super().__init__(b"")
        self.desk_position, self.counters, self.failing = 0, {}, False

    def append(self, samples, events=(), desk=None):
        if self.failing:
            raise RecordingError("no space left on the device")
        super().append(samples, events)
        self.desk_position = self.desk_position if desk is None else desk

    def roll_if_due(self, now):
        return False

    def note_counters(self, counters):
        self.counters = dict(counters)

    def reopen(self):
        pass


class SoftDesk:
    """A desk that the test posts to."""

    def __init__(self):
        self.posted = []

    def post(self, intention):
        self.posted.append(intention)

    def after(self, position):
        return list(enumerate(self.posted, 1))[position:]
