import threading
import time

import numpy as np
import pytest

from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.historian.query import Query
from twins.historian.recording import RecordingError
from twins.record import Channel, Samples
from twins.timeline import Timeline
from ui.reader import Reader
from ui.refresh import Refresh

START = 1_000 * MINUTE


def a_recording(minutes=100):
    recording = MemoryRecording()
    times = START + np.arange(minutes) * MINUTE
    recording.append(Samples.numbers(Channel("P1.flow", period_ns=MINUTE), times, np.arange(minutes, dtype=float)))
    return recording


class Slow:
    """A recording on a slow disk, which remembers who asked."""

    def __init__(self, inner, trend_s=0.0):
        self.inner, self.trend_s, self.threads, self.asked = inner, trend_s, set(), []

    def at(self, time, hindsight=False):
        self.threads.add(threading.get_ident())
        self.asked.append(("at", time))
        return self.inner.at(time, hindsight)

    def trend(self, *arguments):
        self.threads.add(threading.get_ident())
        self.asked.append(("trend", arguments[0]))
        time.sleep(self.trend_s)
        return self.inner.trend(*arguments)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def close(self):
        self.closed = True


class Shows:
    """A panel that remembers what it was shown."""

    def __init__(self, query=None):
        self.query, self.seen = query or Query(), []

    def wanted(self):
        return self.query

    def present(self, snapshot, answers):
        self.seen.append((snapshot, answers))


@pytest.fixture
def built(qtbot):
    made = []

    def build(opener, start=START, end=START + 99 * MINUTE):
        timeline = Timeline(start, end)
        refresh = Refresh(timeline, opener)
        made.append(refresh)
        return timeline, refresh

    yield build
    for refresh in made:
        refresh.close()


def test_that_a_panel_is_shown_the_instant_of_the_cursor(qtbot, built):
    timeline, refresh = built(a_recording)
    panel = Shows()
    refresh.add(panel)
    refresh.start()
    timeline.seek(START + 30 * MINUTE)
    qtbot.waitUntil(lambda: panel.seen[-1][0].time == START + 30 * MINUTE, timeout=60_000)
    assert panel.seen[-1][0].reading("P1.flow").value == 30


def test_that_no_question_is_answered_on_the_gui_thread(qtbot, built):
    slow = Slow(a_recording())
    _, refresh = built(lambda: slow)
    panel = Shows(Query(("P1.flow",), START, START + MINUTE * 100, 50))
    refresh.add(panel)
    refresh.start()
    qtbot.waitUntil(lambda: "P1.flow" in panel.seen[-1][1].trends, timeout=60_000)
    assert slow.threads
    assert threading.get_ident() not in slow.threads


def test_that_the_snapshot_does_not_wait_for_the_trends_that_were_asked_before_it(qtbot):
    slow, reader, got = Slow(a_recording(), trend_s=0.05), None, []
    reader = Reader(lambda: slow)
    reader.answered.connect(lambda slot, _result, _took: got.append(slot))
    for slot in (3, 2, 1):
        reader.ask(slot, lambda r: r.trend("P1.flow", START, START + MINUTE, 10))
    reader.ask(0, lambda r: r.at(START))
    qtbot.waitUntil(lambda: len(got) == 4, timeout=60_000)
    reader.close()
    assert got.index(0) <= 1
    assert [slot for slot in got if slot] == [3, 2, 1]  # then first come, first served: no panel starves


def test_that_the_latest_question_of_a_slot_wins(qtbot):
    slow = Slow(a_recording(), trend_s=0.1)
    reader, got = Reader(lambda: slow), []
    reader.answered.connect(lambda slot, result, _took: got.append((slot, result)))
    reader.ask(1, lambda r: r.trend("P1.flow", START, START + MINUTE, 10))
    time.sleep(0.03)
    for minute in range(20):
        assert reader.ask(0, lambda r, minute=minute: r.at(START + minute * MINUTE).time)
    qtbot.waitUntil(lambda: (0, START + 19 * MINUTE) in got, timeout=60_000)
    reader.close()
    assert len([slot for slot, _ in got if slot == 0]) == 1


def test_that_a_slot_takes_no_question_while_its_answer_is_on_the_way(qtbot):
    gate, reader = threading.Event(), Reader(a_recording)
    assert reader.ask(1, lambda r: gate.wait(2))
    time.sleep(0.05)
    assert not reader.ask(1, lambda r: None)
    with qtbot.waitSignal(reader.answered, timeout=60_000):
        gate.set()
    assert reader.ask(1, lambda r: None)
    reader.close()


def test_that_a_fault_is_told_in_one_sentence_and_the_refresh_goes_on(qtbot, built):
    class Broken(Slow):
        broken = True

        def at(self, time, hindsight=False):
            if self.broken:
                raise RecordingError("The block at row 7 is damaged; run verify.\nmore")
            return super().at(time, hindsight)

    broken = Broken(a_recording())
    timeline, refresh = built(lambda: broken)
    panel, said = Shows(), []
    refresh.add(panel)
    refresh.failed.connect(said.append)
    refresh.start()
    qtbot.waitUntil(lambda: said == ["The block at row 7 is damaged; run verify."], timeout=60_000)
    broken.broken = False
    timeline.seek(START + MINUTE)
    qtbot.waitUntil(lambda: panel.seen[-1][0].time == START + MINUTE, timeout=60_000)
    assert said[-1] == ""


def test_that_a_recording_that_can_not_be_opened_is_tried_again(qtbot, built):
    tries = []

    def opener():
        tries.append(1)
        if len(tries) < 2:
            raise RecordingError("There is no such file.")
        return a_recording()

    _, refresh = built(opener)
    panel = Shows()
    refresh.add(panel)
    refresh.start()
    qtbot.waitUntil(lambda: len(panel.seen[-1][0].channels) == 1, timeout=60_000)


def test_that_an_unchanged_question_is_not_asked_again(qtbot, built):
    slow = Slow(a_recording())
    _, refresh = built(lambda: slow)
    refresh.add(Shows(Query(("P1.flow",), START, START + MINUTE, 50)))
    refresh.start()
    qtbot.wait(400)
    assert [kind for kind, _ in slow.asked].count("at") == 1
    assert [kind for kind, _ in slow.asked].count("trend") <= 2  # once more when the span is known


def test_that_what_arrived_later_is_not_told_unless_with_hindsight(qtbot, built):
    recording = a_recording(10)
    late = Channel("P1.level", period_ns=MINUTE)
    recording.append(Samples.numbers(late, [START], [5.0], arrival=[START + 50 * MINUTE]))
    timeline, refresh = built(lambda: recording)
    panel = Shows(Query(("P1.level",), START, START + MINUTE * 100, 50))
    refresh.add(panel)
    timeline.seek(START + 5 * MINUTE)
    refresh.start()
    qtbot.waitUntil(lambda: "P1.level" in panel.seen[-1][1].trends, timeout=60_000)
    assert len(panel.seen[-1][1].trends["P1.level"].t) == 0
    timeline.hindsight = True
    qtbot.waitUntil(lambda: len(panel.seen[-1][1].trends["P1.level"].t) == 1, timeout=60_000)
    assert panel.seen[-1][0].hindsight


def test_that_close_joins_the_thread_and_closes_the_connection(qtbot):
    slow = Slow(a_recording())
    refresh = Refresh(Timeline(START, START + SECOND), lambda: slow)
    panel = Shows()
    refresh.add(panel)
    refresh.start()
    qtbot.waitUntil(lambda: len(panel.seen) > 1, timeout=60_000)
    refresh.close()
    assert slow.closed
    assert not any(thread.name == "recording-reader" for thread in threading.enumerate())
