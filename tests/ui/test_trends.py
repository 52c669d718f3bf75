"""The trends: lines that break where nothing was measured, axes by unit, and tags that come, go and are remembered."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDropEvent

from twins.asset import Asset, AssetKind, Limits, Tag, TagKind, Twin
from twins.clock import HOUR, MINUTE, SECOND, parse_time
from twins.historian import Trend
from twins.historian.memory import MemoryRecording
from twins.historian.query import answer
from twins.record import Channel, Samples, quality_byte
from twins.record.quality import Quality
from twins.timeline import Timeline
from ui.asset_model import TAG_MIME
from ui.numbers import tag_inside
from ui.panels.trends import MOST, TrendsPanel
from ui.selection import Selection
from ui.theme import DARK, GREY, Theme, contrast
from ui.time_view import TimeView
from ui.trend_lines import line_of, standing

T0 = parse_time("2014-06-01T00:00", ZoneInfo("Europe/Paris"))
TEN = 10 * MINUTE
GAP = round(1.9 * TEN)
UNITS = ["kW", "m/s", "degC", "rpm", "bar", "kW", "kW", "kW", "kW", "kW"]
TAGS = {f"T01.q{i}": Tag(f"T01.q{i}", unit=unit, period_ns=TEN) for i, unit in enumerate(UNITS)}
TAGS["T01.oil"] = Tag("T01.oil", unit="degC", label="Oil temperature", limits=Limits(high=75, high_high=80), period_ns=TEN)
TAGS["T01.state"] = Tag("T01.state", kind=TagKind.ENUMERATION, values=("stopped", "producing"))
TAGS["T01.said"] = Tag("T01.said", kind=TagKind.TEXT)
TWIN = Twin(
    "farm",
    "Farm",
    AssetKind.SYSTEM,
    {"": Asset("", "Farm", AssetKind.SYSTEM), "T01": Asset("T01", "T01", AssetKind.SYSTEM, tags=tuple(TAGS))},
    TAGS,
    timezone="Europe/Paris",
)


def exact(times, values):
    t, v = np.array(times, np.int64), np.array(values, float)
    return Trend(t, v, v, v, np.ones(len(t), np.int64), GAP, exact=True)


# ------------------------------------------------------------------ lines


def test_that_samples_make_steps_that_hold_until_the_next():
    line = line_of(exact([T0, T0 + TEN], [1, 5]), 0, T0, T0 + HOUR)
    assert line.x.tolist() == [0, 600, 600, 1200]
    assert line.y.tolist() == [1, 1, 5, 5]
    assert line.joined[:3].tolist() == [1, 1, 1]


def test_that_nothing_is_drawn_across_a_gap_and_a_value_ends_with_its_period():
    line = line_of(exact([T0, T0 + TEN, T0 + 5 * TEN], [1, 2, 3]), 0, T0, T0 + HOUR)
    assert line.x.tolist() == [0, 600, 600, 1200, 3000, 3600]
    assert line.joined[:5].tolist() == [1, 1, 1, 0, 1]


def test_that_a_value_is_not_drawn_past_what_is_known():
    line = line_of(exact([T0, T0 + TEN], [1, 2]), 0, T0, T0 + TEN + MINUTE)
    assert line.x.max() == 660


def test_that_a_tag_that_reports_on_change_holds_for_as_long_as_it_is_known():
    trend = exact([T0, T0 + 50 * HOUR], [0, 1])
    on_change = Trend(trend.t, trend.min, trend.max, trend.mean, trend.n, 0, exact=True)
    line = line_of(on_change, 0, T0, T0 + 60 * HOUR)
    assert line.x.tolist() == [0, 50 * 3600, 50 * 3600, 60 * 3600]
    assert line.joined[:3].tolist() == [1, 1, 1]


def test_that_buckets_make_a_mean_line_in_a_band_both_broken_at_a_gap():
    t = T0 + np.array([0, 1, 2, 7, 8]) * HOUR
    mean = np.array([1.0, 2, 3, 4, 5])
    line = line_of(Trend(t, mean - 1, mean + 2, mean, np.full(5, 6), GAP), HOUR, T0, T0 + 9 * HOUR)
    assert line.x[0] == 1800
    assert line.joined.tolist() == [1, 1, 0, 1, 0]
    assert line.band[0].tolist() == [0, 3600, 7200, 7 * 3600, 8 * 3600]
    assert line.band[1][2] == 3 * 3600
    assert line.reach(0, 2 * 3600) == (0.0, 5.0)


def test_that_nothing_measured_is_no_line():
    assert line_of(Trend.empty(), 0, T0, T0) is None


def test_that_what_was_set_long_before_still_stands():
    held = MemoryRecording()
    state = Channel("T01.state", TagKind.ENUMERATION, values=("stopped", "producing"))
    held.append(Samples.numbers(Channel("T01.limit", unit="kW"), T0, 500.0))
    held.append(Samples.numbers(state, T0, 1))
    held.append(Samples.numbers(Channel("T01.power", unit="kW", period_ns=SECOND), T0 + 8 * HOUR, 3.0))
    seen, start = held.at(T0 + 9 * HOUR), T0 + 8 * HOUR
    for tag, value in (("T01.limit", 500.0), ("T01.state", 1.0)):
        found = standing(Trend.empty(), seen.reading(tag), start)
        assert (found.t.tolist(), found.mean.tolist()) == ([start], [value])
        later = standing(exact([start + HOUR], [7.0]), seen.reading(tag), start)
        assert later.mean.tolist() == [value, 7.0]
    assert not len(standing(Trend.empty(), seen.reading("T01.power"), start + HOUR).t)  # it would have spoken
    assert not len(standing(Trend.empty(), seen.reading("T01.other"), start).t)


# ------------------------------------------------------------------ the panel


@pytest.fixture
def recording():
    made = MemoryRecording()
    t = T0 + np.arange(0, 72) * TEN
    there = (t < T0 + 4 * HOUR) | (t >= T0 + 6 * HOUR)
    for path, tag in TAGS.items():
        if tag.kind is TagKind.NUMBER:
            made.append(Samples.numbers(Channel(path, unit=tag.unit, period_ns=TEN), t[there], 60 + np.arange(there.sum()) % 18))
    made.append(
        Samples.numbers(Channel("T01.state", TagKind.ENUMERATION, values=("stopped", "producing")), t[::9], np.arange(8) % 2)
    )
    return made


class Shown:
    def __init__(self, qtbot, recording):
        self.recording, self.selection, self.theme = recording, Selection(), Theme()
        self.timeline, self.view = Timeline(*recording.span()), TimeView(*recording.span())
        self.panel = TrendsPanel(self.theme, self.selection, TWIN, self.timeline, self.view)
        qtbot.addWidget(self.panel)
        self.panel.resize(900, 300)
        with qtbot.waitExposed(self.panel, timeout=60_000):
            self.panel.show()
        self.timeline.seek(T0 + 10 * HOUR)

    def settle(self, times=2):
        for _ in range(times):
            known_at = self.timeline.known_at
            answers = answer(self.recording, self.panel.wanted(), known_at)
            self.panel.present(self.recording.at(self.timeline.cursor, self.timeline.hindsight), answers)

    def drop(self, *paths):
        carried = QMimeData()
        carried.setData(TAG_MIME, "\n".join(paths).encode())
        copy = Qt.DropAction.CopyAction
        event = QDropEvent(QPointF(20, 20), copy, carried, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        self.panel.dropEvent(event)

    def scales(self):
        return [[tag.path for tag in scale.tags] for scale in self.panel.plot._scales]


@pytest.fixture
def shown(qtbot, recording):
    return Shown(qtbot, recording)


def test_that_an_empty_panel_says_how_to_fill_it(shown):
    shown.settle()
    assert shown.panel.message.isVisible()
    assert "Drag a tag here" in shown.panel.message.text()


def test_that_the_selected_tag_is_drawn_until_a_tag_is_dropped_and_then_both_stay(shown):
    shown.selection.choose("T01", "T01.oil")
    assert shown.panel.tags == ("T01.oil",)
    shown.drop("T01.q0")
    shown.selection.choose("T01", "T01.q1")
    assert shown.panel.tags == ("T01.oil", "T01.q0")


def test_that_tags_share_an_axis_by_unit_and_the_fifth_unit_shares_the_last(shown):
    shown.drop("T01.q0", "T01.q1", "T01.q2", "T01.oil", "T01.q3", "T01.q4", "T01.q5")
    assert shown.scales() == [["T01.q0", "T01.q5"], ["T01.q1"], ["T01.q2", "T01.oil"], ["T01.q3", "T01.q4"]]


def test_that_eight_tags_are_the_most_and_a_text_is_refused_in_words(shown):
    shown.drop(*list(TAGS)[:9])
    assert len(shown.panel.tags) == MOST
    assert "8 tags at most" in shown.panel.note.text()
    shown.panel.remove("T01.q0")
    shown.panel.add("T01.said")
    assert "no line to draw" in shown.panel.note.text()
    assert "T01.said" not in shown.panel.tags


def test_that_the_legend_tells_the_value_at_the_cursor_and_its_cross_removes_the_tag(shown, qtbot):
    shown.drop("T01.oil", "T01.q0")
    shown.settle()
    entry = shown.panel.legend._entries[0]
    assert (entry.value, entry.unit, entry.label, entry.sound) == (
        f"{shown.recording.at(shown.timeline.cursor).reading('T01.oil').value:.1f}",
        "°C",
        "T01 oil temperature",
        True,
    )
    legend = shown.panel.legend
    qtbot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=QPoint(legend.width() - 8, 13))
    assert shown.panel.tags == ("T01.q0",)


def test_that_a_stale_value_is_not_shown_as_current(shown):
    shown.drop("T01.oil")
    shown.timeline.seek(T0 + 5 * HOUR)
    shown.settle()
    assert not shown.panel.legend._entries[0].sound


def test_that_a_bad_sample_breaks_the_line(qtbot):
    recording = MemoryRecording()
    t = T0 + np.arange(6) * TEN
    quality = np.array([0, 0, quality_byte(Quality.BAD), quality_byte(Quality.BAD), 0, 0], np.uint8)
    recording.append(Samples.numbers(Channel("T01.oil", unit="degC", period_ns=TEN), t, np.arange(6.0), quality=quality))
    line = line_of(recording.trend("T01.oil", T0, T0 + HOUR, 100), 0, T0, T0 + HOUR)
    assert line.joined[3] == 0


def test_that_nothing_after_the_cursor_is_drawn_unless_with_hindsight(shown):
    shown.drop("T01.oil")
    shown.settle()
    assert shown.panel.plot._lines["T01.oil"].x.max() <= 10 * 3600
    shown.timeline.hindsight = True
    shown.settle()
    assert shown.panel.plot._lines["T01.oil"].x.max() > 11 * 3600


def test_that_limits_near_the_line_are_drawn_in_alarm_colours(shown):
    shown.drop("T01.oil")
    shown.settle()
    assert sorted(line.value() for _, line in shown.panel.plot._limits) == [75, 80]
    assert shown.panel.plot._scales[0].high >= 80


def test_that_the_axis_of_values_only_grows_while_the_same_stretch_is_shown(shown):
    shown.drop("T01.oil")
    shown.timeline.hindsight = True
    shown.settle()
    whole = shown.panel.plot._scales[0].high - shown.panel.plot._scales[0].low
    shown.timeline.hindsight = False
    shown.timeline.seek(T0 + 20 * MINUTE)
    shown.settle()
    assert shown.panel.plot._scales[0].high - shown.panel.plot._scales[0].low == whole
    shown.view.zoom(T0 + HOUR, 0.5)
    shown.settle()
    assert shown.panel.plot._scales[0].high - shown.panel.plot._scales[0].low < whole


def test_that_a_click_on_the_plot_seeks_and_the_wheel_of_an_unlinked_plot_leaves_the_timeline_alone(shown, qtbot):
    shown.drop("T01.oil")
    shown.settle()
    moved = []
    shown.panel.moved.connect(lambda: moved.append(True))
    plot = shown.panel.plot
    box = plot._main.sceneBoundingRect()
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(box.center().x()), round(box.center().y())))
    middle = (shown.view.start + shown.view.end) // 2
    assert moved
    assert abs(shown.timeline.cursor - middle) < 2 * shown.view.span / box.width()
    shown.panel.link.setChecked(False)
    before = shown.view.start, shown.view.end
    plot._view.zoom(middle, 0.3)
    assert (shown.view.start, shown.view.end) == before
    low, high = plot._main.viewRange()[0]
    assert (high - low) * SECOND == pytest.approx(0.3 * shown.view.span, rel=1e-6)
    shown.panel.link.setChecked(True)
    low, high = plot._main.viewRange()[0]
    assert (high - low) * SECOND == pytest.approx(shown.view.span, rel=1e-6)


def test_that_tags_are_remembered_and_vanished_ones_forgotten(shown, qtbot, recording):
    shown.drop("T01.oil", "T01.q1")
    shown.panel.link.setChecked(False)
    state = shown.panel.state()
    other = Shown(qtbot, recording)
    other.panel.restore(state | {"tags": [*state["tags"], "gone.tag", 7]})
    assert other.panel.tags == ("T01.oil", "T01.q1")
    assert not other.panel.link.isChecked()
    other.panel.restore({"tags": "nonsense"})
    assert other.panel.tags == ()


def test_that_the_same_answers_are_not_drawn_again(shown):
    shown.drop("T01.oil")
    shown.settle()
    answers = answer(shown.recording, shown.panel.wanted(), shown.timeline.known_at)
    snapshot = shown.recording.at(shown.timeline.cursor)
    shown.panel.present(snapshot, answers)
    drawn = shown.panel.plot._lines["T01.oil"]
    shown.timeline.seek(T0 + 9 * HOUR)
    shown.panel.present(snapshot, answers)
    assert shown.panel.plot._lines["T01.oil"] is drawn
    assert shown.panel.plot._cursor.value() == 9 * 3600


def test_that_every_line_stands_out_from_both_grounds(shown):
    for tokens in (GREY, DARK):
        shown.theme.choose(tokens)
        assert all(contrast(colour, tokens.panel) >= 3.0 for colour, _ in shown.panel._colours())


def test_that_the_words_of_an_enumeration_stand_at_its_axis(shown):
    shown.drop("T01.state")
    shown.settle()
    axis = shown.panel.plot._scales[0].axis
    assert axis.tickStrings([0.0, 1.0], 1.0, 1.0) == ["stopped", "producing"]
    axis.words = ("main", "out_of_order")
    assert axis.tickStrings([1.0], 1.0, 1.0) == ["out of order"]


def test_that_a_label_within_a_title_keeps_its_own_capitals():
    labels = ("Oil temperature", "NO₂", "CO₂ given off", "Load of T01", "T")
    inside = [tag_inside(Tag("x", label=label)) for label in labels]
    assert inside == ["oil temperature", "NO₂", "CO₂ given off", "load of T01", "T"]


def test_that_a_picture_holds_the_line_in_its_colour(shown, qtbot):
    shown.drop("T01.oil")
    shown.timeline.hindsight = True
    shown.settle()
    picture = shown.panel.plot.grab().toImage()
    colour = shown.panel._colours()[0][0]
    found = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 2) for y in range(picture.height())}
    assert colour in found


def test_that_an_empty_plot_says_why(qtbot, recording):
    shown = Shown(qtbot, recording)
    shown.panel.add("T01.q0")
    shown.settle()
    assert not shown.panel.silence.isVisible()
    shown.view.show(T0 + 11 * HOUR, T0 + 12 * HOUR)  # after the cursor
    shown.settle()
    assert shown.panel.silence.isVisible()
    assert "known then" in shown.panel.silence.text()
    shown.recording = MemoryRecording()
    shown.view.show(T0, T0 + HOUR)
    shown.settle()
    assert shown.panel.silence.text() == "Nothing was ever recorded"


def test_that_a_value_that_stands_still_is_not_magnified(qtbot):
    still = MemoryRecording()
    still.append(Samples.numbers(Channel("T01.q0", unit="kW", period_ns=TEN), T0 + np.arange(72) * TEN, np.full(72, 74.3)))
    shown = Shown(qtbot, still)
    shown.panel.add("T01.q0")
    shown.settle()
    low, high = shown.panel.plot._scales[0].box.viewRange()[1]
    assert high - low >= 4 * 10.0 ** -TAGS["T01.q0"].decimals
