"""A plot: one tag over another up to the cursor, and a waveform that breaks where there was none."""

from dataclasses import replace

import numpy as np
import pytest

from twins.asset import Asset, AssetKind, Plot, Tag, TagKind, Twin
from twins.clock import MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.historian.query import answer
from twins.record import Channel, Samples, Waveform
from twins.timeline import Timeline
from ui.panels.plots import Plots
from ui.theme import GREY, Theme

T0, STEP = 1_400_000_000 * SECOND, SECOND // 25
TAGS = {name: Tag(name, unit=unit, period_ns=STEP) for name, unit in (("volume", "ml"), ("pressure", "mmHg"))}
TAGS["ecg"] = Tag("ecg", TagKind.WAVEFORM, "mV", period_ns=SECOND)
PLOTS = (Plot("loop", "Loop", "volume", "pressure", 2 * SECOND), Plot("ecg", "ECG", "", "", 4 * SECOND, "ecg"))
TWIN = Twin("h", "Heart", AssetKind.SYSTEM, {"": Asset("", "Heart", AssetKind.SYSTEM)}, TAGS, plots=PLOTS)


@pytest.fixture
def recording():
    turn = 2 * np.pi * np.arange(250) / 25
    made = MemoryRecording()
    made.append(Samples.numbers(Channel.of(TAGS["volume"]), T0 + STEP * np.arange(250), 80 + 30 * np.cos(turn)))
    made.append(
        Samples.numbers(Channel.of(TAGS["pressure"]), T0 + STEP * np.arange(250) + STEP // 2, 60 + 50 * np.sin(turn + np.pi / 25))
    )
    ends = [T0 + (k + 1) * SECOND for k in (0, 1, 4)]
    waves = [Waveform(end - SECOND, SECOND // 50, "mV", np.full(50, float(k), np.float32)) for k, end in enumerate(ends)]
    made.append(Samples.of_waveforms(Channel.of(TAGS["ecg"]), ends, waves))
    return made


def shown(qtbot, recording, seconds, plot=0):
    timeline = Timeline(T0, T0 + 10 * SECOND)
    timeline.seek(T0 + round(seconds * SECOND))
    panel = Plots(Theme(GREY), TWIN, timeline)
    qtbot.addWidget(panel)
    panel.choice.setCurrentIndex(plot)
    panel.present(recording.at(timeline.cursor), answer(recording, panel.wanted(), timeline.cursor))
    return panel._line.getData()


def test_that_a_loop_holds_the_last_stretch_before_the_cursor_and_nothing_after(qtbot, recording):
    x, y = shown(qtbot, recording, 5.0)
    assert len(x) == pytest.approx(50, abs=2)
    assert np.hypot((x - 80) / 30, (y - 60) / 50) == pytest.approx(1, abs=0.06)
    x, _ = shown(qtbot, recording, 0.5)
    assert len(x) == pytest.approx(13, abs=2)


def test_that_a_waveform_is_drawn_up_to_the_cursor_and_breaks_where_none_was_told(qtbot, recording):
    x, y = shown(qtbot, recording, 5.0, plot=1)
    assert -4 <= np.nanmin(x) <= np.nanmax(x) <= 0
    assert np.isnan(y).sum() == 1
    assert {*y[np.isfinite(y)]} == {1.0, 2.0}


def test_that_a_stretch_is_told_in_its_own_unit(qtbot, recording):
    twin = replace(TWIN, plots=(replace(PLOTS[0], over=30 * MINUTE),))
    timeline = Timeline(T0, T0 + 10 * SECOND)
    timeline.seek(T0 + 5 * SECOND)
    panel = Plots(Theme(GREY), twin, timeline)
    qtbot.addWidget(panel)
    panel.present(recording.at(timeline.cursor), answer(recording, panel.wanted(), timeline.cursor))
    assert panel.words.text() == "the last 30 min"
