"""What was shown live is what a replay shows, snapshot for snapshot; late samples change neither."""

from __future__ import annotations

import time

from tests.rig import Broker, Sender, StationProcess, sensors_package
from twins.clock import SECOND
from twins.historian.days import open_record
from twins.record import EventKind


def test_that_a_replay_shows_every_instant_as_it_was_shown_live_also_with_late_samples(tmp_path, keep):
    broker = keep(Broker(tmp_path / "broker"))
    sender = keep(Sender(broker.url))
    record = tmp_path / "live.twin-recording"
    keep(StationProcess(sensors_package(tmp_path / "rig"), broker.url, record))
    live = []
    with open_record(record) as eye:
        for i in range(60):
            sender.say("rig/S1/v1", 20.0 + i)
            sender.say("rig/S1/on", bool(i % 2))
            if i % 7 == 3:
                sender.say("rig/S2/v1", 99.0, t=time.time_ns() - 5 * SECOND)
                sender.say("rig/S1/v1", 1000.0 + i, t=time.time_ns() - 2 * SECOND)  # late: it never becomes the newest
            time.sleep(0.05)
            newest = eye.at(2**62)
            live.append((int(max(newest.arrival.max(initial=0), newest.standing[EventKind.HEARTBEAT, "station"].time)), newest))
    with open_record(record) as replay:
        for instant, shown in live:
            again = replay.at(instant)
            for channel in shown.channels:  # the tag table may have grown since
                one, other = again.place[channel.path], shown.place[channel.path]
                for column in ("source", "arrival", "bits", "written"):
                    assert getattr(again, column)[one] == getattr(shown, column)[other], (instant, channel.path, column)
            assert not again.seen[[i for i, c in enumerate(again.channels) if c.path not in shown.place]].any()
            assert dict(again.standing) == dict(shown.standing)
        hindsight = replay.between(0, 2**62, ["S1.v1"])
        assert max(hindsight.value(i) for i in range(len(hindsight))) > 1000.0
        assert len({instant for instant, _ in live}) > 20
