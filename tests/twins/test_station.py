"""The station, turn by turn: what comes is committed, judged and only then acknowledged; what is wanted is answered."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from tests.rig import wait_until
from tests.twins import soft_plant as soft
from twins.asset import Alarm, Asset, AssetKind, Condition, Tag, TagKind, Twin
from twins.clock import DAY, SECOND, TwinClock
from twins.historian.file import RecordingFile
from twins.historian.place import days_of
from twins.historian.record import Record
from twins.links.link import Answer, Rejected
from twins.record import EventKind, Intention, IntentionKind, Quality, Reason
from twins.station.clock import StationClock
from twins.station.station import Station

START = 1_800_000_000 * SECOND


def farm() -> Twin:
    tags = [
        Tag("T01.power", unit="kW", range=(0, 2000), period_ns=SECOND),
        Tag("T02.power", unit="kW", range=(0, 2000), period_ns=SECOND),
        Tag("T01.oil", unit="degC", range=(0, 100), period_ns=SECOND),
        Tag("T01.state", TagKind.ENUMERATION, values=("stopped", "producing", "fault")),
        Tag("T01.limit", unit="kW", range=(0, 2000), decimals=0, writable=True, permissives=("state != fault",)),
        Tag("power", unit="kW", computed="sum(children.power)"),
    ]
    assets = {"": Asset("", "Farm", AssetKind.SYSTEM, tags=("power",))}
    for name in ("T01", "T02"):
        own = tuple(tag.path for tag in tags if tag.asset == name)
        assets[name] = Asset(name, name, AssetKind.COMPONENT, tags=own)
    hot = Alarm("T01.oil/high", "T01", Condition.HIGH, "T01.oil", 75.0, message="Oil hot")
    return Twin("farm", "Farm", AssetKind.SYSTEM, assets, {tag.path: tag for tag in tags}, alarms={hot.key: hot})


class Plant:
    """A plant, a station and somebody at a desk; time goes by when told."""

    def __init__(self, log=None, desk=None):
        self.twin = farm()
        self.time = START
        self.link, self.log, self.desk = soft.SoftLink(self.twin), log or soft.SoftLog(), desk or soft.SoftDesk()
        self.begin()

    def begin(self, **known):
        clock = StationClock(0, lambda: self.time, lambda: self.time)
        self.station = Station(self.twin, self.link, self.desk, self.log, clock)
        self.station.start(**known)

    def turn(self, seconds=1.0):
        self.time += round(seconds * SECOND)
        self.station.step()
        return self.log.at(self.station.clock.now())

    def says(self, path, value, **more):
        self.link.says(path, value, **more)
        return self.turn()

    def wants(self, kind, subject="", why="", by="MO", **data):
        self.desk.post(Intention(kind, by, self.time, subject, why, data))
        return self.turn(0.05)

    def events(self, kind):
        return [event for event in self.log.events(0, 2**62) if event.kind is kind]

    def states(self, kind):
        return [event.data["state"] for event in self.events(kind)]


@pytest.fixture
def plant():
    return Plant()


def test_that_samples_are_committed_then_acknowledged_and_carry_their_arrival(plant):
    snapshot = plant.says("T01.power", 1200.0, source=START + SECOND // 2)
    reading = snapshot.reading("T01.power")
    assert (reading.value, reading.source) == (1200.0, START + SECOND // 2)
    assert snapshot.arrival[snapshot.place["T01.power"]] == plant.link.acknowledged[-1] > reading.source


def test_that_what_comes_along_with_another_clock_is_judged_by_that(plant):
    ahead = START + 48 * 3600 * SECOND
    plant.link.extra = {"clock": TwinClock(ahead, START + SECOND)}
    plant.link.says("T02.power", 300.0)
    snapshot = plant.says("T01.power", 1200.0, source=ahead - SECOND // 4)
    told = [snapshot.reading(f"{name}.power") for name in ("T01", "T02")]
    assert [(each.quality, each.reason) for each in told] == [(Quality.GOOD, Reason.NONE)] * 2
    assert all(abs(each.source - ahead) < SECOND for each in told)


def test_that_computed_tags_follow_their_inputs_and_not_what_is_stale(plant):
    plant.says("T01.power", 1000.0)
    plant.link.says("T01.power", 1000.0)
    assert plant.says("T02.power", 500.0).reading("power").value == 1500.0
    for _ in range(4):
        snapshot = plant.says("T01.power", 900.0)
    assert snapshot.reading("power").stale, "T02 has not spoken for 4 s"


def test_that_nothing_is_acknowledged_while_it_cannot_be_written_and_all_of_it_later(plant):
    plant.turn()
    plant.log.failing = True
    plant.link.says("T01.power", 1.0)
    acknowledged = len(plant.link.acknowledged)
    plant.turn()
    plant.link.says("T01.power", 2.0)
    plant.turn(0.5)
    assert len(plant.link.acknowledged) == acknowledged
    plant.log.failing = False
    plant.turn(1.5)
    snapshot = plant.turn()
    assert snapshot.reading("T01.power").value == 2.0
    values = plant.log.between(0, 2**62, ["T01.power"])
    assert [values.value(i) for i in range(len(values))] == [1.0, 2.0]


def test_that_what_comes_twice_is_stored_once_and_what_is_missing_is_counted(plant):
    for n in (1, 2, 3):
        plant.says("T01.power", 10.0 * n, source=START + n, n=n)
    plant.link.says("T01.power", 20.0, source=START + 2, n=2, dup=True)
    plant.link.says("T01.power", 80.0, source=START + 8, n=8)
    plant.link.says("T01.power", 80.0, source=START + 8, n=8, dup=True)
    plant.turn()
    assert len(plant.log.between(0, 2**62, ["T01.power"])) == 4
    assert [event.data["missing"] for event in plant.events(EventKind.GAP)] == [4]
    plant.says("T01.power", 5.0, source=START + 9, n=1)
    assert len(plant.events(EventKind.GAP)) == 1, "the plant began to count anew"


def test_that_counters_go_on_after_a_restart(plant):
    plant.says("T01.power", 1.0, n=10)
    plant.station.stop()
    assert plant.log.counters == {"T01.power": 10}
    plant.begin(counters=plant.log.counters, stored={})
    plant.says("T01.power", 1.0, n=14)
    assert [event.data["missing"] for event in plant.events(EventKind.GAP)] == [3]


def test_that_an_alarm_is_raised_acknowledged_and_stands_after_a_restart(plant):
    plant.says("T01.oil", 90.0)
    plant.wants(IntentionKind.ACKNOWLEDGE, "T01.oil/high")
    assert plant.states(EventKind.ALARM) == ["unacknowledged", "acknowledged"]
    plant.begin()
    plant.says("T01.oil", 50.0)
    assert plant.states(EventKind.ALARM)[-1] == "normal"


def test_that_a_set_point_is_judged_sent_acknowledged_and_verified_by_readback(plant):
    plant.link.says("T01.limit", 2000.0)
    plant.says("T01.state", "producing")
    plant.wants(IntentionKind.COMMAND, "T01.limit", "oil too hot", value=1400)
    assert [order.value for order in plant.link.sent] == [1400.0]
    plant.link.extra = {"answers": (Answer(plant.link.sent[0].id, True),)}
    plant.turn()
    plant.says("T01.limit", 1400.0)
    plant.turn()
    assert plant.states(EventKind.COMMAND) == ["requested", "sent", "acknowledged", "verified"]
    first, last = plant.events(EventKind.COMMAND)[0], plant.events(EventKind.COMMAND)[-1]
    assert (first.data["old"], first.data["by"], first.data["why"]) == (2000.0, "MO", "oil too hot")
    assert first.stands
    assert not last.stands


@pytest.mark.parametrize(
    ("subject", "said", "reason"),
    [
        ("T01.power", {"value": 1}, "can't be set"),
        ("T01.nothing", {"value": 1}, "there is no tag"),
        ("T01.limit", {"value": 2001}, "out of range"),
        ("T01.limit", {"value": "fast"}, "no number"),
        ("T01.limit", {"value": 5, "lane": "replay"}, "LIVE only"),
        ("T01.limit", {"value": 5, "why": ""}, "reason"),
        ("T01.limit", {"value": 5, "by": " "}, "name"),
    ],
)
def test_that_a_set_point_is_refused_with_the_reason(plant, subject, said, reason):
    plant.says("T01.state", "producing")
    plant.wants(IntentionKind.COMMAND, subject, **{"why": "test", **said})
    assert plant.states(EventKind.COMMAND) == ["refused"]
    assert reason in plant.events(EventKind.COMMAND)[0].data["reason"]
    assert plant.link.sent == []


def test_that_a_permissive_on_what_is_bad_unknown_or_not_so_refuses(plant):
    for value, quality in ((None, 0), ("producing", soft.BAD), ("fault", 0)):
        if value:
            plant.says("T01.state", value, quality=quality)
        plant.wants(IntentionKind.COMMAND, "T01.limit", "test", value=5)
    reasons = [event.data["reason"] for event in plant.events(EventKind.COMMAND)]
    assert ["not known" in reasons[0], "is bad" in reasons[1], "is fault" in reasons[2]] == [True] * 3


def test_that_a_set_point_nobody_answers_expires_and_one_never_read_back_fails(plant):
    plant.says("T01.state", "producing")
    plant.wants(IntentionKind.COMMAND, "T01.limit", "test", value=5, expires_ns=5 * SECOND)
    plant.turn(6)
    assert plant.states(EventKind.COMMAND)[-1] == "expired"
    plant.wants(IntentionKind.COMMAND, "T01.limit", "test", value=6, expires_ns=5 * SECOND)
    plant.link.extra = {"answers": (Answer(plant.link.sent[-1].id, True),)}
    plant.turn()
    plant.says("T01.limit", 5.0)
    plant.turn(6)
    assert plant.states(EventKind.COMMAND)[-1] == "failed"


def test_that_a_requested_command_is_not_sent_by_the_next_station():
    plant = Plant()
    plant.says("T01.state", "producing")
    plant.desk.post(Intention(IntentionKind.COMMAND, "MO", plant.time, "T01.limit", "test", {"value": 5}))
    plant.link.send = lambda order: None
    plant.station._after_commit = lambda now, brought: None  # killed between the commit and the sending
    plant.turn(0.05)
    plant.begin()
    plant.turn()
    assert plant.states(EventKind.COMMAND) == ["requested", "failed"]


def test_that_link_heartbeat_rejects_and_gaps_are_told(plant):
    plant.link.extra = {"rejected": (Rejected("farm/x", "no JSON", "{", 3),), "fresh_session": True}
    plant.turn()
    plant.link.up = False
    plant.turn()
    assert plant.states(EventKind.LINK) == ["up", "down"]
    assert plant.events(EventKind.REJECTED)[0].data["count"] == 3
    assert plant.events(EventKind.GAP)[0].data["session"] == "fresh"
    beat = plant.log.at(plant.station.clock.now()).standing[EventKind.HEARTBEAT, "station"]
    assert beat.data["links"]["mqtt"]["state"] == "down"
    assert any(event.key == "link/mqtt" for event in plant.events(EventKind.ALARM))


def test_that_what_came_in_the_turn_that_ends_a_day_is_known_on_the_next(tmp_path):
    place = tmp_path / "farm.twin-recording"
    with contextlib.closing(Record.open(place, b"zip", "farm", START)) as record:
        plant = Plant(log=record)
        plant.time = (START // DAY + 1) * DAY - SECOND // 2
        plant.says("T01.state", "producing")
        assert plant.turn().reading("T01.state").value == "producing"
    assert len(days_of(place)) == 2
    with RecordingFile.open(days_of(place)[1]) as alone:
        assert alone.at(alone.begins).reading("T01.state").value == "producing"


def test_that_notes_and_operators_are_written_down(plant):
    plant.wants(IntentionKind.NOTE, "T01", text="fan replaced", about=START)
    plant.wants(IntentionKind.NOTE, "T01", text=" ")
    plant.wants(IntentionKind.OPERATOR, state="on", window="w1")
    notes = plant.events(EventKind.NOTE)
    assert (notes[0].data["text"], notes[0].data["about"], notes[1].data["state"]) == ("fan replaced", START, "refused")
    assert plant.events(EventKind.OPERATOR)[0].key == "MO@w1"


def test_that_a_desk_is_answered_once_also_over_a_restart(plant):
    plant.wants(IntentionKind.NOTE, "T01", text="one")
    plant.begin()
    plant.turn()
    assert len(plant.events(EventKind.NOTE)) == 1


def test_that_the_clock_never_goes_back_and_tells_jumps():
    wall, passed = [START], [0]
    clock = StationClock(0, lambda: wall[0], lambda: passed[0])
    first = clock.now()
    wall[0] += 3600 * SECOND
    passed[0] += SECOND
    assert clock.now() - first == SECOND
    assert "jumped 60 min forward" in clock.check()
    assert clock.check() == ""
    assert StationClock(START + 100 * SECOND, lambda: START, lambda: passed[0]).now() > START + 100 * SECOND


HOT = b"""
assets: [T01]
label: Oil pump worn
action: Change it
limits: { levels: [{ when: oil > 70 degC, over: 20 s, probability: 0.9, severity: 0.5 }] }
"""


class Predicted(Plant):
    """A plant whose package brings predictors."""

    def __init__(self, **files):
        self._files = {f"predictors/{name}.yaml": content for name, content in files.items()}
        super().__init__()

    def begin(self, **known):
        self.twin = replace(self.twin, files=self._files)
        super().begin(**known)

    def heat(self, seconds, value):
        for _ in range(seconds):
            self.says("T01.oil", value)
            running = getattr(self.station._predictors._predicting, "_running", ())
            wait_until(lambda running=running: all(answer.done() for each in running for *_, answer in each.waiting))


def test_that_a_packages_predictor_speaks_in_the_station_is_judged_and_takes_up_after_a_restart():
    plant = Predicted(hot=HOT)
    plant.heat(90, 74.0)
    (said,) = plant.events(EventKind.PREDICTION)
    assert (said.key, said.data["label"], said.data["model"]) == ("T01.hot", "Oil pump worn", "predictor hot (limits)")
    plant.wants(IntentionKind.JUDGE, "T01.hot", "Crew comes", verdict="planned")
    plant.begin()
    plant.heat(60, 74.0)
    plant.heat(240, 50.0)
    assert [event.data["state"] for event in plant.events(EventKind.PREDICTION)] == ["foreseen", "planned", "planned"]
    assert [event.stands for event in plant.events(EventKind.PREDICTION)] == [True, True, False]


def test_that_recording_goes_on_where_a_predictor_can_not_be_used_or_breaks(monkeypatch):
    plant = Predicted(hot=HOT, wrong=b"type: nothing\nlimits: {}")
    assert [e.data["message"] for e in plant.events(EventKind.STATION) if e.data["state"] == "predictor_refused"] == []
    plant.turn()
    (refused,) = [e for e in plant.events(EventKind.STATION) if e.data["state"] == "predictor_refused"]
    assert "predictors/wrong.yaml:1" in refused.data["message"]
    monkeypatch.setattr("twins.prognosis.predictors.limits.Limits.judge", lambda *_: 1 / 0)
    plant.heat(40, 74.0)
    (stopped,) = [e for e in plant.events(EventKind.STATION) if e.data["state"] == "predictor_stopped"]
    assert "asked again in an hour" in stopped.data["message"]
    monkeypatch.setattr("twins.prognosis.predictors.grid.Grid.take", lambda *_: 1 / 0)
    plant.heat(3, 74.0)
    assert [e.data["state"] for e in plant.events(EventKind.STATION)].count("predictors_stopped") == 1
    assert plant.says("T01.oil", 61.0).reading("T01.oil").value == 61.0
