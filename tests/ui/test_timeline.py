"""The timeline panel: what the pointer, the field and the keys do to the timeline, and what it reads off the recording."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from twins.asset import Asset, AssetKind, Tag, Twin
from twins.clock import DAY, HOUR, MINUTE, SECOND, parse_time
from twins.historian import Trend
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, Query, answer
from twins.record import Channel, Event, EventKind, Samples
from twins.timeline import AS_FAST_AS_POSSIBLE, Mode, Timeline
from ui.coverage import between, covered, together
from ui.event_marks import SIGNS, clusters, sign_of
from ui.panels.timeline import TimelinePanel
from ui.selection import Selection
from ui.strip_paint import AXIS, LABELS
from ui.theme import DARK, Theme
from ui.time_view import LONGEST, SHORTEST, TimeView
from ui.transport import speed_text
from ui.typed_time import read_time

PARIS = ZoneInfo("Europe/Paris")
T0 = parse_time("2014-06-01T00:00", PARIS)
TEN = 10 * MINUTE
TAGS = {path: Tag(path, unit="kW", period_ns=TEN) for path in ("T01.power", "T02.power")}
TWIN = Twin(
    "farm",
    "Farm",
    AssetKind.SYSTEM,
    {
        "": Asset("", "Farm", AssetKind.SYSTEM),
        "T01": Asset("T01", "T01", AssetKind.SYSTEM, tags=("T01.power",)),
        "T02": Asset("T02", "T02", AssetKind.SYSTEM, tags=("T02.power",)),
    },
    TAGS,
    timezone="Europe/Paris",
)


@pytest.fixture
def recording():
    made = MemoryRecording()
    t = T0 + np.arange(0, 72) * TEN
    for path, there in (
        ("T01.power", (t < T0 + 4 * HOUR) | (t >= T0 + 6 * HOUR)),
        ("T02.power", (t < T0 + 5 * HOUR) | (t >= T0 + 7 * HOUR)),
    ):
        made.append(Samples.numbers(Channel(path, unit="kW", period_ns=TEN), t[there], np.arange(there.sum())))
    alarm = {"priority": "high", "state": "unack", "message": "too hot"}
    made.append(
        Samples.empty(),
        (
            Event(T0 + HOUR, EventKind.NOTE, "T01", data={"text": "seen"}),
            Event(T0 + 8 * HOUR, EventKind.ALARM, "T01", "hot", True, alarm),
            Event(T0 + 9 * HOUR, EventKind.HEARTBEAT, "", "station", True),
        ),
    )
    return made


class Shown:
    """A panel in front of a recording, asked and answered like the window does."""

    def __init__(self, qtbot, recording, live=False):
        self.recording, self.selection = recording, Selection()
        self.timeline = Timeline(*recording.span(), live=live)
        self.view = TimeView(*recording.span())
        self.theme = Theme()
        self.panel = TimelinePanel(self.theme, self.selection, TWIN, self.timeline, self.view)
        qtbot.addWidget(self.panel)
        self.panel.resize(1000, 106)
        self.panel.show()
        self.strip, self.transport = self.panel.strip, self.panel.transport
        self.settle()

    def settle(self, times=3):
        for _ in range(times):
            query = self.panel.wanted()
            cursor, hindsight = self.timeline.cursor, self.timeline.hindsight
            self.panel.present(self.recording.at(cursor, hindsight), answer(self.recording, query, self.timeline.known_at))

    def place(self, t, y=70):
        return QPoint(round(self.strip.x_of(t)), y)


@pytest.fixture
def shown(qtbot, recording):
    return Shown(qtbot, recording)


# ------------------------------------------------------------------ pointer


def test_that_a_drag_anywhere_on_the_lanes_scrubs_and_says_so(shown, qtbot):
    moved = []
    shown.panel.moved.connect(lambda: moved.append(shown.timeline.cursor))
    qtbot.mousePress(shown.strip, Qt.MouseButton.LeftButton, pos=shown.place(T0 + 2 * HOUR))
    assert abs(shown.timeline.cursor - (T0 + 2 * HOUR)) <= shown.strip.resolution
    qtbot.mouseMove(shown.strip, shown.place(T0 + 3 * HOUR))
    qtbot.mouseRelease(shown.strip, Qt.MouseButton.LeftButton, pos=shown.place(T0 + 3 * HOUR))
    assert moved


def test_that_a_drag_on_the_axis_pans_and_leaves_the_cursor(shown, qtbot):
    shown.timeline.seek(T0 + 10 * HOUR)
    start = shown.view.start
    qtbot.mousePress(shown.strip, Qt.MouseButton.LeftButton, pos=QPoint(LABELS + 200, AXIS // 2))
    qtbot.mouseMove(shown.strip, QPoint(LABELS + 300, AXIS // 2))
    assert shown.view.start < start
    assert shown.timeline.cursor == T0 + 10 * HOUR


def test_that_a_click_on_an_event_goes_exactly_there(shown, qtbot):
    row = next(y for y in range(AXIS, 106) if shown.strip._hit(QPointF(shown.place(T0 + 8 * HOUR, y))))
    qtbot.mouseClick(shown.strip, Qt.MouseButton.LeftButton, pos=shown.place(T0 + 8 * HOUR, row + 4))
    assert shown.timeline.cursor == T0 + 8 * HOUR


def test_that_shift_and_drag_make_a_loop(shown, qtbot):
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mousePress(shown.strip, Qt.MouseButton.LeftButton, shift, shown.place(T0 + 2 * HOUR))
    qtbot.mouseMove(shown.strip, shown.place(T0 + 4 * HOUR))
    qtbot.waitUntil(lambda: shown.timeline.loop is not None, timeout=60_000)
    assert abs(shown.timeline.loop[0] - (T0 + 2 * HOUR)) <= shown.strip.resolution
    assert "loop on" in shown.transport.loop.text()


def test_that_the_wheel_zooms_about_the_pointer_and_a_double_click_shows_all(shown, qtbot):
    under = shown.strip.t_at(400.0)
    for _ in range(5):
        wheel(shown.strip, QPointF(400, 60), 120)
    assert abs(shown.strip.t_at(400.0) - under) <= shown.strip.resolution
    assert shown.view.span < 5 * HOUR
    qtbot.mouseDClick(shown.strip, Qt.MouseButton.LeftButton, pos=QPoint(500, 8))
    assert shown.view.start < shown.timeline.start < shown.timeline.end < shown.view.end


def test_that_one_can_zoom_from_a_century_to_a_millisecond_and_no_further():
    view = TimeView(T0, T0 + DAY)
    for _ in range(200):
        view.zoom(T0, 0.5)
    assert view.span == SHORTEST
    for _ in range(200):
        view.zoom(T0, 2.0)
    assert view.span == LONGEST


# ------------------------------------------------------------------ transport


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2014-06-01 03:00", T0 + 3 * HOUR),
        ("2014-06-01", T0),
        ("05:30", T0 + 5 * HOUR + 30 * MINUTE),
        ("5:30:10.5", T0 + 5 * HOUR + 30 * MINUTE + 10 * SECOND + SECOND // 2),
        ("2014-06-01T01:00:00Z", T0 + 3 * HOUR),
        ("-2h", T0 + 4 * HOUR),
        ("−90 min", T0 + 4 * HOUR + 30 * MINUTE),
        ("+1 h 10 min", T0 + 7 * HOUR + 10 * MINUTE),
        ("now", T0 + 9 * HOUR),
    ],
)
def test_that_a_typed_time_is_understood(typed, expected):
    assert read_time(typed, T0 + 6 * HOUR, T0 + 9 * HOUR, PARIS) == expected


@pytest.mark.parametrize("typed", ["noon", "", "25:99", "+3 parsecs", "2014-13-01"])
def test_that_an_untellable_time_is_refused_with_examples(typed):
    with pytest.raises(ValueError, match=r"like|try"):
        read_time(typed, T0, T0, PARIS)


def test_that_the_field_goes_there_or_says_why_not(shown, qtbot):
    field = shown.transport.field
    field.setText("noon")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "“noon” is not a time" in shown.panel.message.text()
    assert shown.panel.message.isVisible()
    field.setText("04:30")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shown.timeline.cursor == T0 + 4 * HOUR + 30 * MINUTE
    assert not shown.panel.message.isVisible()
    field.setText("2031-01-01")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert shown.timeline.cursor == shown.timeline.end
    assert "holds nothing there" in shown.panel.message.text()


def test_that_the_buttons_and_menus_do_what_they_say(shown, qtbot):
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(shown.transport.buttons["toggle"], left)
    assert shown.timeline.mode is Mode.PLAYING
    qtbot.mouseClick(shown.transport.buttons["backward"], left)
    assert shown.timeline.speed == -1
    actions = {action.text(): action for action in shown.transport.speed.menu().actions()}
    actions["as fast as possible"].trigger()
    assert shown.timeline.speed == AS_FAST_AS_POSSIBLE
    actions["×0.01"].trigger()
    assert shown.timeline.speed == 0.01
    known = {action.text()[:9]: action for action in shown.transport.known.menu().actions()}
    known["Hindsight"].trigger()
    assert shown.timeline.hindsight
    assert "hindsight" in shown.transport.known.text()
    gaps = {action.text(): action for action in shown.transport.loop.menu().actions()}
    gaps["Skip gaps"].trigger()
    assert shown.timeline.skip_gaps
    gaps["Loop what is shown"].trigger()
    assert shown.timeline.loop == (shown.timeline.start, shown.timeline.end)
    qtbot.mouseClick(shown.transport.buttons["last"], left)
    assert shown.timeline.cursor == shown.timeline.end


def test_that_go_live_is_there_only_where_there_is_a_plant(qtbot, recording, shown):
    assert not shown.transport.live.isVisible()
    live = Shown(qtbot, recording, live=True)
    assert live.transport.live.isVisible()
    assert not live.transport.live.isEnabled()
    live.panel.jump(-HOUR)
    qtbot.mouseClick(live.transport.live, Qt.MouseButton.LeftButton)
    assert live.timeline.mode is Mode.FOLLOWING


def test_that_speeds_have_real_signs():
    assert [speed_text(s) for s in (1.0, -128.0, 0.01)] == ["×1", "×−128", "×0.01"]


# ------------------------------------------------------------------ steps


def test_that_a_step_goes_to_the_next_sample_of_the_selected_tag_over_a_gap_and_back(shown):
    shown.selection.choose("T01", "T01.power")
    shown.panel.seek(T0 + 3 * HOUR + 50 * MINUTE)
    shown.panel.step(1)
    shown.settle()
    assert shown.timeline.cursor == T0 + 6 * HOUR
    shown.panel.step(-1)
    shown.settle()
    assert shown.timeline.cursor == T0 + 3 * HOUR + 50 * MINUTE


def test_that_three_quick_steps_are_three_samples(shown):
    shown.selection.choose("T01", "T01.power")
    shown.panel.seek(T0 + 5 * SECOND)
    for _ in range(3):
        shown.panel.step(1)
    shown.settle(6)
    assert shown.timeline.cursor == T0 + 3 * TEN


def test_that_a_dense_tag_is_stepped_exactly(qtbot):
    recording = MemoryRecording()
    t = T0 + np.sort(np.random.default_rng(1).integers(0, HOUR, 20_000))
    recording.append(Samples.numbers(Channel("T01.power", unit="kW", period_ns=MINUTE), t, np.zeros(len(t))))
    shown = Shown(qtbot, recording)
    shown.panel.seek(int(t[777]))
    shown.panel.step(1)
    shown.settle(5)
    assert shown.timeline.cursor == int(t[t > t[777]][0])


def test_that_events_are_stepped_without_heartbeats_and_the_last_is_said_to_be_the_last(shown):
    shown.panel.next_event()
    shown.settle()
    assert shown.timeline.cursor == T0 + HOUR
    shown.panel.next_event()
    shown.settle(5)
    assert shown.timeline.cursor == T0 + 8 * HOUR
    shown.panel.next_event()
    shown.settle(5)
    assert shown.timeline.cursor == T0 + 8 * HOUR
    assert shown.panel.message.text() == "There is no further event."
    shown.panel.previous_event()
    shown.settle(5)
    assert shown.timeline.cursor == T0 + HOUR


# ------------------------------------------------------------------ coverage, events, view


def test_that_a_gap_is_where_no_tag_has_samples_and_playback_may_skip_it(shown):
    assert shown.timeline.gaps.starts.tolist() == [T0 + 5 * HOUR]
    assert shown.timeline.gaps.ends.tolist() == [T0 + 6 * HOUR]


def test_that_zooming_into_a_period_still_shows_it_covered(shown):
    shown.view.show(T0 + 65 * MINUTE, T0 + 65 * MINUTE + SECOND)
    shown.settle()
    starts, ends = shown.strip._covered
    assert any(s <= shown.view.start and shown.view.end <= e for s, e in zip(starts, ends, strict=True))
    assert len(shown.timeline.gaps.starts) == 1


def test_that_coverage_ends_a_period_after_the_last_sample_before_silence():
    t = T0 + np.array([0, 1, 2, 10, 11]) * TEN
    values = np.zeros(5)
    trend = Trend(t, values, values, values, np.ones(5, np.int64), round(1.9 * TEN), exact=True)
    starts, ends = covered(trend, 0)
    assert starts.tolist() == [T0, T0 + 10 * TEN]
    assert ends.tolist() == [T0 + 3 * TEN, T0 + 12 * TEN]
    left = between(together([(starts, ends)]), T0, T0 + 13 * TEN)
    assert [x.tolist() for x in left] == [[T0 + 3 * TEN, T0 + 12 * TEN], [T0 + 10 * TEN, T0 + 13 * TEN]]


def test_that_a_small_pan_asks_nothing_anew_and_a_large_one_does(shown):
    shown.view.show(T0 + 4 * HOUR, T0 + 6 * HOUR)
    asked = shown.panel.wanted()
    shown.view.pan(30 * MINUTE)
    assert shown.panel.wanted() == asked
    shown.view.pan(2 * HOUR)
    assert shown.panel.wanted() != asked


def test_that_the_map_of_the_recording_does_not_hang_on_what_was_known(shown):
    query = shown.panel.wanted()
    early = answer(shown.recording, query, known_at=T0)
    assert len(early.trends["T01.power"].t) == 60


def test_that_many_events_become_few_marks_that_show_the_weightiest_and_count_all():
    rng = np.random.default_rng(2)
    times = np.sort(rng.integers(T0, T0 + 365 * DAY, 5000))
    ranks = rng.choice([1, 2, 9], 5000).astype(np.int8)
    ranks[1234] = 0
    found = clusters(times, ranks, T0, T0 + 365 * DAY, 1000)
    assert len(found) <= 1000 / 18 + 2
    assert sum(c.count for c in found) == 5000
    assert [c.shown for c in found if c.sign == "high"] == [1234]
    assert all(-18 <= c.x <= 1018 for c in found)


def test_that_a_returned_alarm_no_longer_has_the_mark_of_its_priority():
    data = {"priority": "high"}
    assert sign_of(Event(1, EventKind.ALARM, key="a", stands=True, data=data)) == "high"
    assert sign_of(Event(1, EventKind.ALARM, key="a", stands=False, data=data)) == "returned"
    assert {sign_of(Event(1, kind)) for kind in EventKind} <= set(SIGNS)


def test_that_the_view_pages_after_a_cursor_that_leaves_it_but_not_after_one_that_was_not_there(shown):
    shown.view.show(T0, T0 + 2 * HOUR)
    shown.timeline.seek(T0 + HOUR)
    shown.timeline.play()
    shown.settle(1)
    shown.timeline.seek(T0 + 2 * HOUR + MINUTE)
    shown.settle(1)
    assert shown.view.holds(shown.timeline.cursor)
    shown.view.show(T0 + 8 * HOUR, T0 + 9 * HOUR)
    shown.timeline.seek(T0 + 3 * HOUR)
    shown.settle(1)
    assert shown.view.start == T0 + 8 * HOUR


def test_that_an_empty_recording_shows_without_complaint(qtbot):
    timeline = Timeline(T0, T0, live=True)
    panel = TimelinePanel(Theme(DARK), Selection(), TWIN, timeline, TimeView(T0, T0))
    qtbot.addWidget(panel)
    panel.resize(800, 106)
    panel.show()
    recording = MemoryRecording()
    panel.present(recording.at(T0), Answers(Query()))
    panel.present(recording.at(T0), answer(recording, panel.wanted(), None))
    panel.step(1)
    assert "Select a tag" in panel.message.text()
    assert not panel.grab().isNull()


def test_that_the_cursor_and_the_events_are_seen_on_the_strip(shown):
    shown.panel.seek(T0 + 3 * HOUR)
    shown.settle()
    picture = shown.strip.grab().toImage()
    scale = picture.width() / shown.strip.width()
    text = shown.theme.tokens.text
    x = round(shown.strip.x_of(T0 + 3 * HOUR) * scale)
    assert any(picture.pixelColor(i, round(100 * scale)).name() == text for i in (x - 1, x, x + 1))
    row = {picture.pixelColor(round(shown.strip.x_of(T0 + 8 * HOUR) * scale), y).name() for y in range(picture.height())}
    faint = picture.pixelColor(round(shown.strip.x_of(T0 + 8 * HOUR) * scale), 0).name()
    assert len(row - {faint}) > 2


def wheel(widget, at: QPointF, notches: int) -> None:
    no = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at, widget.mapToGlobal(at), QPoint(), QPoint(0, notches), Qt.MouseButton.NoButton, no, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(widget, event)


def test_that_a_recording_whose_tags_cannot_tell_is_drawn_as_one_piece(qtbot):
    sparse = MemoryRecording()
    sparse.append(Samples.numbers(Channel("T01.state"), [T0, T0 + 5 * HOUR], [0, 1]))  # on change
    shown = Shown(qtbot, sparse)
    starts, ends = shown.strip._covered
    assert (starts.tolist(), ends.tolist()) == ([T0], [T0 + 5 * HOUR])


def test_that_without_any_recording_the_strip_says_how_to_get_one(shown, qtbot):
    assert shown.strip.instead == ""
    timeline = Timeline(0, 0)
    panel = TimelinePanel(Theme(), Selection(), TWIN, timeline, TimeView(0, 0))
    qtbot.addWidget(panel)
    panel.present(MemoryRecording().at(0), answer(MemoryRecording(), panel.wanted(), 0))
    assert "start page (Ctrl+Home)" in panel.strip.instead
