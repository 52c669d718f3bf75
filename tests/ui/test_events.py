"""The event list: what was known by the cursor, the newest first, found by words, and quick with a hundred thousand."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QColor
from PySide6.QtTest import QAbstractItemModelTester

from twins.asset import Asset, AssetKind, Tag, Twin
from twins.clock import HOUR, MINUTE, SECOND, parse_time
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, answer
from twins.record import Event, EventKind, Samples
from twins.timeline import Timeline
from ui.event_model import KIND, MESSAGE, STATE, SUBJECT, TIME, EventModel
from ui.event_text import message_text, sentence, state_text
from ui.numbers import THIN
from ui.panels.events import EventsPanel
from ui.selection import Selection
from ui.theme import Theme
from ui.time_view import TimeView

PARIS = ZoneInfo("Europe/Paris")
T0 = parse_time("2014-06-01T00:00", PARIS)
TWIN = Twin(
    "farm",
    "Farm",
    AssetKind.SYSTEM,
    {"": Asset("", "Farm", AssetKind.SYSTEM), "T01": Asset("T01", "T01", AssetKind.SYSTEM, tags=("T01.oil",))},
    {"T01.oil": Tag("T01.oil", unit="degC")},
    timezone="Europe/Paris",
)
HOT = Event(
    T0 + HOUR,
    EventKind.ALARM,
    "T01.oil",
    "hot",
    True,
    {"priority": "high", "state": "unacknowledged", "message": "78 °C above 75"},
)
NOTE = Event(T0 + 2 * HOUR, EventKind.NOTE, "T01", data={"text": "Fan 2 is noisy"})
COLD = Event(
    T0 + 3 * HOUR, EventKind.ALARM, "T01.oil", "hot", False, {"priority": "high", "state": "normal", "message": "below 75"}
)
IMPORT = Event(
    T0, EventKind.IMPORT, data={"source": "year.csv.gz", "sha256": "00", "counts": {"samples": 1051200, "duplicate": 12}}
)
EVENTS = (IMPORT, HOT, NOTE, COLD)


@pytest.fixture
def shown(qtbot):
    class Shown:
        recording, selection = MemoryRecording(), Selection()
        timeline, view = Timeline(T0, T0 + 4 * HOUR), TimeView(T0, T0 + 4 * HOUR)

        def __init__(self):
            self.recording.append(Samples.empty(), (*EVENTS, Event(T0 + 90 * MINUTE, EventKind.HEARTBEAT, "", "station", True)))
            self.panel = EventsPanel(Theme(), self.selection, TWIN, self.timeline, self.view)
            self.tester = QAbstractItemModelTester(self.panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
            qtbot.addWidget(self.panel)
            self.panel.resize(900, 220)
            self.panel.show()

        def settle(self):
            answers = answer(self.recording, self.panel.wanted(), self.timeline.known_at)
            self.panel.present(self.recording.at(self.timeline.cursor, self.timeline.hindsight), answers)

        def column(self, which):
            model = self.panel.model
            return [model.data(model.index(row, which)) for row in range(model.rowCount())]

    return Shown()


def test_that_only_what_was_known_by_the_cursor_is_listed_the_newest_first(shown):
    shown.timeline.seek(T0 + 2 * HOUR)
    shown.settle()
    assert shown.column(TIME) == ["2014-06-01 02:00:00", "2014-06-01 01:00:00", "2014-06-01 00:00:00"]
    assert shown.column(KIND) == ["note", "alarm, high", "import"]
    assert shown.column(SUBJECT) == ["T01", "T01.oil", ""]
    assert shown.column(STATE) == ["", "unacknowledged", ""]
    assert shown.panel.count.text() == "3 events known by then"


def test_that_hindsight_lists_what_came_later_too(shown):
    shown.timeline.hindsight = True
    shown.settle()
    assert len(shown.column(TIME)) == 4
    assert shown.panel.model.row_at_cursor == 3
    assert shown.panel.count.text() == "4 events"


def test_that_each_kind_says_what_it_knows():
    assert message_text(HOT) == "78 °C above 75"
    assert message_text(NOTE) == "Fan 2 is noisy"
    assert message_text(IMPORT) == f"year.csv.gz · 1{THIN}051{THIN}200 samples · 12 duplicate"
    assert message_text(Event(0, EventKind.LINK, "", "plant", True, {"state": "down"})) == "link plant down"
    assert state_text(COLD) == "normal"
    assert sentence(NOTE, PARIS) == "2014-06-01 02:00:00  T01 · Fan 2 is noisy"


def test_that_the_filter_finds_all_of_its_words_anywhere_and_says_when_nothing_matches(shown, qtbot):
    shown.timeline.seek(T0 + 4 * HOUR)
    shown.settle()
    shown.panel.filter.setText("ALARM below")
    qtbot.waitUntil(lambda: shown.panel.model.rowCount() == 1, timeout=60_000)
    assert shown.column(MESSAGE) == ["below 75"]
    shown.panel.filter.setText("zebra")
    qtbot.waitUntil(lambda: shown.panel.model.rowCount() == 0, timeout=60_000)
    assert "“zebra”" in shown.panel.empty.text()
    assert shown.panel.empty.isVisible()


def test_that_a_double_click_goes_to_the_event_and_selects_its_subject(shown):
    shown.timeline.hindsight = True
    shown.settle()
    moved = []
    shown.panel.moved.connect(lambda: moved.append(True))
    shown.panel.table.doubleClicked.emit(shown.panel.model.index(0, MESSAGE))
    assert shown.timeline.cursor == COLD.time
    assert (shown.selection.asset, shown.selection.tag) == ("T01", "T01.oil")
    shown.panel.table.doubleClicked.emit(shown.panel.model.index(1, TIME))
    assert (shown.selection.asset, shown.selection.tag) == ("T01", "")
    assert moved


def test_that_an_empty_stretch_says_so(shown):
    shown.view.show(T0 + 10 * HOUR, T0 + 11 * HOUR)
    shown.settle()
    assert shown.panel.empty.isVisible()
    assert "No events" in shown.panel.empty.text()


def test_that_events_that_follow_are_inserted_and_others_replace(qtbot):
    model = EventModel(Theme(), PARIS)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_until(T0 + 10 * HOUR, False)
    model.show_events((IMPORT, HOT))
    inserted, resets = [], []
    model.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    model.modelReset.connect(lambda: resets.append(True))
    model.show_events(EVENTS)
    assert (inserted, resets) == ([(0, 1)], [])
    model.show_events((NOTE,))
    assert resets == [True]
    assert model.rowCount(QModelIndex()) == 1
    del tester


def test_that_a_hundred_thousand_events_are_listed_followed_and_found_without_lag(shown):
    events = tuple(
        Event(
            T0 + i * SECOND // 10,
            EventKind.ALARM,
            "T01.oil",
            str(i),
            True,
            {"priority": "low", "state": "unack", "message": f"event {i}"},
        )
        for i in range(100_000)
    )
    shown.tester.setParent(None)
    del shown.tester  # it looks at every row at every change
    answers = Answers(shown.panel.wanted(), {}, events)
    snapshot = shown.recording.at(T0)
    for minute in range(200):
        shown.panel.present(replace(snapshot, time=T0 + minute * MINUTE), answers)
    shown.panel.present(replace(snapshot, hindsight=True), answers)
    assert shown.panel.model.rowCount() == 100_000
    shown.panel.model.filter_by("event 77777")
    assert shown.column(MESSAGE) == ["event 77777"]


def test_that_the_sign_of_an_alarm_is_painted_in_its_colour(shown):
    shown.timeline.seek(T0 + HOUR)
    shown.settle()
    picture = shown.panel.table.viewport().grab().toImage()
    seen = [picture.pixelColor(x, y) for x in range(30) for y in range(26)]
    red = QColor(Theme().tokens.high)
    assert any(abs(c.red() - red.red()) + abs(c.green() - red.green()) + abs(c.blue() - red.blue()) < 12 for c in seen)
