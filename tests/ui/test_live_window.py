"""The live parts of the window, each for itself: its clock, what one may do, what is posted, what is sounded and said."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from datetime import UTC

import numpy as np
import pytest
from PySide6.QtWidgets import QLineEdit, QWidget

from tests.rig import wait_until
from twins.clock import SECOND
from twins.historian.desk import Desk
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, Query
from twins.record import Channel, Event, EventKind, Intention, IntentionKind, Samples, Snapshot
from twins.timeline import Timeline
from ui.annunciator import Annunciator
from ui.ask import Ask
from ui.banner import Banner
from ui.event_text import kind_text, message_text
from ui.link_summary import LinkSummary
from ui.live_clock import LiveClock
from ui.postman import Postman
from ui.standpoint import Standpoint
from ui.theme import Theme

T0 = 1_800_000_000 * SECOND


def heard(beat, newest=None, rate=1.0, **links) -> Snapshot:
    """What is known after a heartbeat at `beat`."""
    record = MemoryRecording()
    data = {"clock": {"rate": rate}, "links": links, "commit_ms": 4}
    event = Event(beat, EventKind.HEARTBEAT, "", "station", True, data)
    record.append(Samples.numbers(Channel("T01.power", period_ns=SECOND), newest or beat, 1.0), [event])
    return record.at(2**62)


class Watch:
    """A monotonic clock that is moved by hand."""

    def __init__(self):
        self.now = 7 * SECOND

    def __call__(self):
        return self.now


@pytest.fixture
def watch():
    return Watch()


def test_that_at_the_walls_pace_the_clock_is_smooth_and_never_goes_back(watch):
    live, shown = LiveClock(T0, watch), []
    for tick in range(200):
        watch.now += SECOND // 30
        if tick % 30 == 0:  # a beat, seen with a delay that differs each time
            live.hear(heard(T0 + watch.now - (tick % 7) * SECOND // 100))
        shown.append(live.now())
    steps = np.diff(shown[90:])
    assert (np.diff(shown) >= 0).all()
    assert steps.max() - steps.min() <= SECOND // 1000


def test_that_a_fast_plant_is_shown_at_the_newest_that_came_and_ages_when_it_falls_silent(watch):
    live = LiveClock(T0, watch)
    live.hear(heard(T0, T0 + 90 * SECOND, rate=60.0))
    assert live.now() == T0 + 90 * SECOND
    watch.now += SECOND // 4
    assert live.now() == T0 + 90 * SECOND, "a moment's silence is none"
    watch.now += 5 * SECOND
    assert live.now() > T0 + 90 * SECOND + 250 * SECOND


def test_that_the_clock_goes_on_when_the_station_falls_silent(watch):
    live = LiveClock(T0, watch)
    live.hear(heard(T0))
    watch.now += 5 * SECOND
    assert live.now() == T0 + 5 * SECOND


def test_that_a_recording_without_a_station_has_a_clock_that_stands(watch):
    live = LiveClock(T0, watch)
    watch.now += 60 * SECOND
    assert live.now() == T0


def test_that_one_acts_only_live_with_a_name_and_a_desk():
    standpoint = Standpoint(desk=True)
    assert "Say who you are" in standpoint.why_not
    standpoint.sign_in("MO")
    assert "Only in LIVE" in standpoint.why_not
    assert standpoint.may_note
    standpoint.stand(live=True, lost=True)
    assert "lost" in standpoint.why_not
    standpoint.stand(live=True, lost=False)
    assert standpoint.may_act
    without = Standpoint(desk=False)
    without.sign_in("MO")
    without.stand(live=True, lost=False)
    assert "no station" in without.why_not


def test_that_the_postman_posts_in_order_and_tells_what_he_can_not(qtbot, tmp_path):
    record = tmp_path / "plant.twin-recording"
    postman, failed = Postman(record), []
    postman.failed.connect(failed.append)
    begun = time.perf_counter()
    for i in range(20):
        postman.post(Intention(IntentionKind.NOTE, "MO", data={"text": str(i)}))
    assert time.perf_counter() - begun < 0.05, "the window never waits for a disk"
    desk = Desk.beside(record)
    found = []
    wait_until(lambda: found.extend(desk.after(len(found))) or len(found) == 20)
    assert [intention.data["text"] for _, intention in found] == [str(i) for i in range(20)]
    postman.post(Intention(IntentionKind.NOTE, "MO", data={"text": "x" * 100_000}))
    qtbot.waitUntil(lambda: bool(failed), timeout=60_000)
    assert "too long" in failed[0]
    postman.close()
    desk.close()
    assert sqlite3.connect(tmp_path / "plant.desk").execute("select count(*) from intention").fetchone() == (20,)


def alarms(*raised, state="unacknowledged", shelved=()):
    """A snapshot in which these (key, priority) stand."""
    record = MemoryRecording()
    events = [Event(T0, EventKind.ALARM, "T01", key, True, {"state": state, "priority": p, "since": T0}) for key, p in raised]
    events += [Event(T0, EventKind.SHELVING, "T01", key, True, {"state": "shelved"}) for key in shelved]
    record.append(Samples.empty(), events)
    return record.at(T0 + SECOND)


@pytest.fixture
def annunciator(qtbot, tmp_path):
    made = Annunciator(tmp_path, on=False)
    made.hear(alarms(("old", "high")))
    yield made
    made.silence()


def test_that_new_alarms_sound_once_and_what_stood_before_does_not(annunciator):
    assert annunciator.played == []
    annunciator.hear(alarms(("old", "high"), ("new", "medium")))
    annunciator.hear(alarms(("old", "high"), ("new", "medium")))
    assert annunciator.played == ["medium"]
    annunciator.hear(alarms(("old", "high"), ("new", "medium"), ("put aside", "high"), shelved=("put aside",)))
    assert annunciator.played == ["medium"]


def test_that_a_high_one_repeats_until_it_is_acknowledged_or_silenced(annunciator, qtbot):
    repeats = []
    annunciator.sounding.connect(repeats.append)
    annunciator.hear(alarms(("new", "high")))
    assert repeats == [True]
    annunciator.silence()
    assert repeats == [True, False]
    annunciator.hear(alarms(("new", "high")))
    assert repeats == [True, False], "silence is no acknowledgement, but it is silence"
    annunciator.hear(alarms(("new", "high"), ("newer", "high")))
    annunciator.hear(alarms(("new", "high"), ("newer", "high"), state="acknowledged"))
    assert repeats == [True, False, True, False]


def test_that_the_sound_is_a_sound(tmp_path):
    import wave

    from ui.annunciator import _sound

    with wave.open(str(_sound(tmp_path / "sounds", "high"))) as file:
        assert 0.4 < file.getnframes() / file.getframerate() < 1.0
        assert any(file.readframes(2000))


def test_that_the_links_are_told_in_a_few_words_and_all_figures_in_the_popup(qtbot):
    summary = LinkSummary()
    qtbot.addWidget(summary)
    summary.show_links(Snapshot.empty())
    assert not summary.isVisibleTo(None)
    up = {
        "state": "up",
        "reason": "",
        "lag_ms": 180.0,
        "offset_ms": 20,
        "messages": 1200,
        "samples": 1190,
        "rejected": 3,
        "missing": 7,
    }
    summary.show_links(replace(heard(T0, mqtt=up), time=T0 + SECOND))
    assert summary.text().startswith("● mqtt up · lag 0.2 s · 3 unreadable")
    for told in ("7 missing", "commit 4 ms", "1\u2009200 messages"):
        assert told in summary.toolTip()
    down = {**up, "state": "down", "reason": "the broker does not answer"}
    summary.show_links(replace(heard(T0, mqtt=down), time=T0 + SECOND))
    assert "⊘ mqtt down: the broker does not answer" in summary.text()


def test_that_the_banner_is_not_green_while_no_link_is_up(qtbot):
    banner = Banner(Theme(), Timeline(T0, T0 + SECOND, live=True), UTC, "Skid", True)
    qtbot.addWidget(banner)
    for state, text in (("up", "●  LIVE"), ("down", "⊘  LINK DOWN"), ("up", "●  LIVE")):
        link = Event(T0, EventKind.LINK, "", "mqtt", True, {"state": state})
        told = heard(T0)
        banner.present(replace(told, time=T0 + SECOND, standing=told.standing.after([link])), Answers(Query()))
        assert banner._mode.text() == text
        assert (banner._mode.property("mode") == "live") == (state == "up")
        assert banner.mode == "live", "what may be done is judged by the station, not by the link"


def test_that_a_form_stays_until_it_is_answered_well(qtbot):
    parent, field, answers = QWidget(), QLineEdit(), []
    qtbot.addWidget(parent)
    form = Ask(
        parent,
        "Title",
        "Words",
        [("Why", field)],
        "Go",
        lambda texts: answers.append(texts) or (None if texts[0] else "Say why."),
    )
    form.open_over()
    form.button.click()
    assert form.isVisible()
    assert form.complaint.text() == "Say why."
    field.setText(" because ")
    form.button.click()
    assert answers[-1] == ["because"]
    qtbot.waitUntil(lambda: not _alive(form), timeout=60_000)


def _alive(widget):
    try:
        return widget.isVisible()
    except RuntimeError:
        return False


def said(kind, key="", **data):
    return Event(0, kind, "T01", key, bool(key), data)


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        (said(EventKind.GAP, message="5 samples of 1 tags are missing", missing=5), "gap", "5 samples"),
        (said(EventKind.REJECTED, topic="a/b", reason="no JSON", payload="{", count=2), "unreadable", "no JSON"),
        (said(EventKind.STATION, state="started", message="The station has started"), "station", "has started"),
        (said(EventKind.LINK, "mqtt", state="down", reason="gone"), "link", "link mqtt down: gone"),
        (said(EventKind.OPERATOR, "MO@1", state="on", by="MO"), "operator", "MO signed on"),
        (said(EventKind.NOTE, text="hm", by="MO"), "note", "hm (MO)"),
        (said(EventKind.SHELVING, "a", state="shelved", by="MO", why="test"), "shelving", "shelved by MO"),
        (said(EventKind.LIMIT, state="refused", reason="out of range"), "limit", "refused: out of range"),
        (
            said(EventKind.COMMAND, state="sent", old=2.0, value=1400.0, unit="kW", by="MO", why="hot"),
            "command",
            "1\u2009400 kW by MO: hot",
        ),
    ],
)
def test_that_every_kind_of_event_has_words(event, kind, words):
    assert kind_text(event) == kind
    assert words in message_text(event)
