"""Simulation in the window: knobs become a run, the run a lane, and the lane is shown alone, overlaid, or as the difference."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from tests.conftest import NORTH_RIDGE
from tests.conftest import PLANT_START as START
from twins.clock import HOUR, MINUTE, SECOND, format_time
from twins.historian.days import open_record
from twins.historian.drafting import drafted
from twins.historian.query import Answers, Query
from twins.package.archive import zipped
from twins.package.loader import load
from twins.record import Channel, Samples, Snapshot, difference
from twins.simulation.branches import Branched, Lanes, branched, folder_of
from twins.simulation.knobs import knobs_of
from twins.simulation.scenario import Scenario
from twins.simulation.whatif import what_if
from twins.timeline import Beside, Lane, LaneKind, Mode, Timeline
from ui.draft import Draft
from ui.knob_table import VALUE, KnobModel
from ui.opening import prepare
from ui.panels.scenarios import ScenariosPanel
from ui.panels.simulation import SimulationPanel
from ui.runs import Run, Runs
from ui.selection import Selection
from ui.settings import Settings
from ui.theme import Theme
from ui.workplace import Workplace

FORK = START + 15 * MINUTE
WHAT_IF = Lane("gust", LaneKind.WHAT_IF, 100, 200, "a")


@pytest.fixture
def place(qtbot, record, tmp_path):
    """A window on a copy of the record, at a quarter past."""
    mine = tmp_path / "mine.twin-recording"
    shutil.copy(record, mine)
    package, opened, timeline = prepare(NORTH_RIDGE, mine, FORK)
    place = Workplace(QApplication.instance(), opened, timeline, Settings(tmp_path / "settings.json"))
    qtbot.addWidget(place.window)
    place.window.resize(1500, 950)
    try:  # what didn't come up in time is closed, too: its threads would outlive it
        with qtbot.waitSignal(place.window.furnished, timeout=60_000):
            place.window.show()
        qtbot.waitUntil(lambda: len(place.window.refresh.snapshot.channels) > 0, timeout=60_000)
        yield place
    finally:
        place.window.close()
        package.close()


def turned(place, asset, **knobs):
    """Knobs of an asset, as one types them."""
    place.window.docks.reveal("simulation")
    place.selection.choose(asset)
    model = place.window.panel("simulation").model
    for name, text in knobs.items():
        row = [knob.key for knob in model.knobs].index(f"{asset}.{name}")
        assert model.setData(model.index(row, VALUE), text)


def test_that_a_knob_becomes_a_run_and_the_run_a_lane_that_is_shown(place, qtbot):
    window, timeline = place.window, place.timeline
    panel, scenarios = window.panel("simulation"), window.panel("scenarios")
    turned(place, "T01", active_power_limit="600")
    panel.name.setText("Curtailed")
    panel.duration.setText("2 min")
    panel.ask("what-if")
    qtbot.waitUntil(lambda: len(timeline.branches) == 1, timeout=60_000)
    qtbot.waitUntil(lambda: not place.what_ifs.simulating.runs.queue, timeout=60_000)
    (lane,) = timeline.branches
    assert (lane.name, lane.kind, lane.start) == ("Curtailed", LaneKind.WHAT_IF, FORK)
    scenarios.rows.setCurrentCell(0, 0)
    scenarios.show_button.click()
    qtbot.waitUntil(lambda: window.banner.mode == "whatif", timeout=60_000)
    assert "WHAT-IF · Curtailed" in window.banner._mode.text()
    assert not place.standpoint.may_act
    qtbot.waitUntil(lambda: 0 < window.refresh.snapshot.reading("T01.power").value < 610, timeout=60_000)
    qtbot.waitUntil(lambda: scenarios.figures.rowCount() > 3, timeout=60_000)
    assert scenarios.figures.item(0, 0).text().startswith("Energy")
    assert scenarios.figures.item(0, 3).text().startswith("−")
    assert "that both have" not in scenarios.note.text(), "the plant has all of the lane"
    place.timeline_panel.show_beside(Beside.DIFFERENCE)
    qtbot.waitUntil(lambda: window.refresh.snapshot.courses is not None, timeout=60_000)
    assert place.scene.scene.legend.low == -place.scene.scene.legend.high
    assert scenarios.ways[Beside.DIFFERENCE].isChecked()
    place.timeline_panel.show_lane("")
    qtbot.waitUntil(lambda: window.banner.mode == "replay", timeout=60_000)
    qtbot.waitUntil(lambda: scenarios.ways[Beside.ALONE].isChecked(), timeout=60_000)
    assert not scenarios.ways[Beside.DIFFERENCE].isEnabled(), "the plant is shown alone"
    scenarios.rows.setCurrentCell(0, 0)
    scenarios.remove()
    qtbot.waitUntil(lambda: not timeline.branches, timeout=60_000)


def test_that_figures_tell_over_which_stretch_they_are_where_a_lane_is_longer(qtbot, farm):
    panel = ScenariosPanel(Theme(), farm, Timeline(0, HOUR))
    qtbot.addWidget(panel)
    lane = Lane("gust", LaneKind.WHAT_IF, FORK, FORK + 10 * MINUTE, "a")
    panel.show_branches((Branched(Path("a"), lane, "", {}, {}),))
    assert panel.rows.horizontalHeaderItem(4).text() == "Outcome"
    span = {"start": format_time(FORK), "end": format_time(FORK + 3 * MINUTE)}
    panel.show_comparison({**span, "courses": ["Plant", "gust"], "figures": []})
    assert panel.note.text() == "Over the 3 min that both have."
    span["end"] = format_time(FORK + 10 * MINUTE)
    panel.show_comparison({**span, "courses": ["Plant", "gust"], "figures": []})
    assert panel.note.text() == ""


def test_that_set_points_stand_with_the_decimals_of_their_tags(place, qtbot):
    turned(place, "T01")
    panel, limit = place.window.panel("simulation"), "T01.active_power_limit"
    tag = place.opened.twin.tags[limit]
    values = np.array([2049.98765]).view(np.int64)
    none = np.zeros(1, np.int64)
    panel.present(Snapshot(FORK, (Channel.of(tag),), none, none, values, np.zeros(1, np.uint8)), Answers(Query()))
    row = [knob.key for knob in panel.model.knobs].index(limit)
    assert panel.model.index(row, VALUE).data() == "2050"


def test_that_fields_say_what_they_are(place):
    words = {label.text() for label in place.window.panel("simulation").findChildren(QLabel)}
    assert {"Inputs", "for", "Fault", "after"} <= words


def test_that_a_recording_opens_where_there_is_a_trend_to_see(record):
    package, _, timeline = prepare(None, record, None)
    package.close()
    assert timeline.cursor - timeline.start == pytest.approx((timeline.end - timeline.start) / 10, abs=SECOND)


def test_that_a_scenario_is_kept_read_back_and_the_panel_filled_with_it(place, qtbot):
    panel = place.window.panel("simulation")
    turned(place, "T02", active_power_limit="700", gearbox_cooling="0.3")
    panel.fault.setCurrentIndex(1)
    panel.after.setText("30 s")
    panel.name.setText("Weak cooler")
    panel._save()
    kept = folder_of(place.opened.recording) / "Weak cooler.yaml"
    assert "T02.gearbox_cooling: '0.3'" in kept.read_text()
    panel.model.forget()
    panel.fault.setCurrentIndex(0)
    panel.scenario_asked.emit("Weak cooler")
    assert {key: value for key, (_, value) in panel.model.changes.items()} == {
        "T02.active_power_limit": 700.0,
        "T02.gearbox_cooling": 0.3,
    }
    assert panel.draft("what-if").fault.endswith("@30 s")


def test_that_the_keys_alone_run_show_and_leave_a_what_if(place, qtbot, in_front):
    window = place.window
    in_front(window)
    window.panel("simulation").duration.setText("30 s")
    qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    in_front(window, window.panel("simulation").find)
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(place.timeline.branches) == 1, timeout=60_000)
    in_front(window)
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    in_front(window, window.panel("scenarios").rows)
    place.scene.setFocus()
    in_front(window, place.scene)
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert place.timeline.shown.kind is LaneKind.WHAT_IF
    qtbot.keyClick(window, Qt.Key.Key_X)
    assert place.timeline.beside is Beside.OVERLAY
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert place.timeline.shown.kind is LaneKind.PLANT


def test_that_a_run_is_cancelled_and_leaves_nothing(place, qtbot):
    panel, scenarios = place.window.panel("simulation"), place.window.panel("scenarios")
    panel.duration.setText("3 d")
    panel.ask("what-if")
    qtbot.waitUntil(lambda: any(run.done > 0 for run in place.what_ifs.simulating.runs.queue), timeout=60_000)
    assert panel.running.isVisibleTo(panel)
    assert "%" in panel.running.text()
    scenarios.rows.setCurrentCell(0, 0)
    scenarios.remove()
    qtbot.waitUntil(lambda: not place.what_ifs.simulating.runs.queue, timeout=60_000)
    assert panel.running.isHidden()
    left = [path.suffix for path in folder_of(place.opened.recording).iterdir()]
    assert left == [".yaml"]


def test_that_what_is_typed_is_held_against_its_bounds(qtbot, farm):
    model, said = KnobModel(Theme()), []
    model.complained.connect(said.append)
    model.show(knobs_of(farm, "T01"))
    row = [knob.key for knob in model.knobs].index("T01.active_power_limit")
    assert not model.setData(model.index(row, VALUE), "9000")
    assert said[-1] == "9000 is outside what T01.active_power_limit can be: 0 to 2050 kW."
    assert not model.setData(model.index(row, VALUE), "much")
    assert model.setData(model.index(row, VALUE), "1 200")
    assert model.changes["T01.active_power_limit"][1] == 1200
    assert model.setData(model.index(row, VALUE), "2050")
    assert not model.changes


def test_that_a_run_that_fails_says_why_and_the_next_one_goes(qtbot, tmp_path):
    runs, answers = Runs(), []
    runs.add(Run("bad", ("compare", str(tmp_path / "nothing"))))
    runs.add(Run("good", ("info", "nowhere")))
    qtbot.waitUntil(lambda: all(run.state == "failed" for run in runs.queue), timeout=60_000)
    assert "nothing" in runs.queue[0].said
    assert not answers
    runs.close()


def test_that_the_forecast_that_stood_then_is_shown_and_the_newest_right_of_now():
    timeline = Timeline(0, 1000)
    early, late = (Lane("forecast", LaneKind.FORECAST, at, at + 2000, str(at)) for at in (300, 900))
    timeline.show_branches([early, late, WHAT_IF])
    timeline.seek(400)
    assert (timeline.forecast, timeline.shown.kind) == (early, LaneKind.PLANT)
    timeline.seek(1500)
    assert timeline.shown == late
    timeline.seek(200)
    assert timeline.forecast is None
    assert timeline.lanes == (timeline.plant, WHAT_IF)


def test_that_a_chosen_branch_is_shown_where_it_says_something_and_only_there():
    timeline = Timeline(0, 1000)
    timeline.show_branches([WHAT_IF])
    timeline.choose("a")
    assert timeline.shown == WHAT_IF
    for t, key in ((100, ""), (101, "a"), (200, "a"), (201, "")):
        timeline.seek(t)
        assert timeline.shown.key == key
    timeline.show_branches([])
    assert (timeline.chosen, timeline.shown) == ("", timeline.plant)


def test_that_live_goes_on_although_a_forecast_reaches_further():
    timeline = Timeline(0, 1000, live=True)
    timeline.show_branches([Lane("forecast", LaneKind.FORECAST, 900, 9000, "f")])
    timeline.tick(0, 1000)
    assert (timeline.cursor, timeline.mode, timeline.shown.kind) == (1000, Mode.FOLLOWING, LaneKind.PLANT)
    timeline.seek(5000)
    assert timeline.shown.kind is LaneKind.FORECAST
    timeline.last()
    timeline.tick(10, 1100)
    assert (timeline.cursor, timeline.mode) == (1100, Mode.FOLLOWING)


def test_that_a_difference_is_of_numbers_and_what_either_lacks_is_not_seen():
    power, heat = Channel("t.power", unit="kW"), Channel("t.heat", unit="degC")
    branch = snapshot_of({power: 600.0, heat: 61.0, Channel("t.only"): 1.0})
    plant = snapshot_of({power: 900.0, heat: 60.0})
    found = difference(replace(branch, reference=plant))
    assert found.reading("t.power").value == -300.0
    assert (found.reading("t.heat").value, found.reading("t.heat").unit) == (1.0, "K")
    assert found.reading("t.only").value is None


def test_that_beyond_what_the_plant_has_told_there_is_no_difference():
    power = Channel("t.power", unit="kW", period_ns=SECOND)
    branch, plant = snapshot_of({power: 600.0}), snapshot_of({power: 900.0})
    near, far = (replace(branch, time=t, source=branch.source + t - 1, reference=replace(plant, time=t)) for t in (SECOND, HOUR))
    assert difference(near).reading("t.power").value == -300.0
    assert difference(far).reading("t.power").value is None


def test_that_what_is_no_branch_is_passed_over(tmp_path):
    from twins.historian.memory import MemoryRecording

    record = tmp_path / "r.twin-recording"
    folder = folder_of(record)
    folder.mkdir()
    (folder / "broken.twin-recording").write_bytes(b"SQLite format 3\0 and then nothing")
    assert branched(folder / "broken.twin-recording") is None
    assert Lanes(MemoryRecording(), record).look() == ()


def test_that_a_branch_that_can_t_be_read_just_now_is_not_gone_before_it_was_tried_again(record, tmp_path):
    mine = tmp_path / "mine.twin-recording"
    shutil.copy(record, mine)
    package = zipped(NORTH_RIDGE)
    to = folder_of(mine) / "a.twin-recording"
    to.parent.mkdir()
    what_if(load(NORTH_RIDGE), package, mine, FORK, Scenario("a", duration=10 * SECOND, spin_up=MINUTE), to)
    whole, lanes = to.read_bytes(), Lanes(open_record(mine), mine)
    assert [each.path for each in lanes.look()] == [to]
    to.write_bytes(b"half")
    assert [each.path for each in lanes.look()] == [to]
    to.write_bytes(whole)
    assert [each.path for each in lanes.look()] == [to]
    to.write_bytes(b"not even half")
    assert [len(lanes.look()) for _ in range(3)] == [1, 0, 0]
    lanes.close()


def test_that_a_branch_that_is_being_written_is_no_lane_before_it_has_taken_its_place(record, tmp_path):
    mine = tmp_path / "mine.twin-recording"
    shutil.copy(record, mine)
    to = folder_of(mine) / "a.twin-recording"
    to.parent.mkdir()
    what_if(load(NORTH_RIDGE), zipped(NORTH_RIDGE), mine, FORK, Scenario("a", duration=10 * SECOND, spin_up=MINUTE), to)
    lanes = Lanes(open_record(mine), mine)
    other = to.with_name("b.twin-recording")
    with drafted(other) as draft:
        shutil.copy(to, draft)  # all is written, but the last step
        assert branched(draft) is not None
        assert [each.path for each in lanes.look()] == [to]
    assert [each.path for each in lanes.look()] == [to, other]
    lanes.close()


def snapshot_of(values: dict[Channel, float]) -> Snapshot:
    samples = Samples.join([Samples.numbers(channel, [1], [value]) for channel, value in values.items()])
    return Snapshot(1, samples.channels, samples.source, samples.arrival, samples.bits, samples.quality)


def test_that_a_candidate_of_another_shape_stands_beside_the_plant_under_one_camera(qtbot, record, tmp_path):
    """A variant with one turbine less, driven by the same record, is shown on the right in its own shape."""
    variant = tmp_path / "variant"
    shutil.copytree(NORTH_RIDGE, variant)
    for name in ("twin.yaml", "viewpoints.yaml"):
        lines = (variant / name).read_text().splitlines()
        (variant / name).write_text("\n".join(line for line in lines if "T04" not in line))
    mine = tmp_path / "mine.twin-recording"
    shutil.copy(record, mine)
    branch = tmp_path / "candidate.twin-recording"
    what_if(load(variant), zipped(variant), mine, FORK, Scenario(duration=2 * MINUTE, spin_up=5 * MINUTE), branch)
    opened_package, opened, timeline = prepare(NORTH_RIDGE, mine, FORK + MINUTE, (branch,))
    place = Workplace(QApplication.instance(), opened, timeline, Settings(tmp_path / "settings.json"))
    qtbot.addWidget(place.window)
    place.window.resize(1400, 900)
    with qtbot.waitSignal(place.window.furnished, timeout=60_000):
        place.window.show()
    qtbot.waitUntil(lambda: len(timeline.branches) == 1, timeout=60_000)
    qtbot.waitUntil(lambda: place.scene._canvas is not None, timeout=60_000)
    place.timeline_panel.show_lane(str(branch))
    place.timeline_panel.show_beside(Beside.SPLIT)
    assert place.scene.beside is not None
    assert "T04" in place.scene.scene.twin.assets
    assert "T04" not in place.scene.beside.twin.assets
    qtbot.waitUntil(lambda: place.window.refresh.snapshot.reference is not None, timeout=60_000)
    left, right = (scene.renderer.GetViewport() for scene in (place.scene.scene, place.scene.beside))
    assert (left, right) == ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0))
    qtbot.waitUntil(lambda: place.scene.beside._snapshot.reading("T01.power").value is not None, timeout=60_000)
    place.timeline_panel.show_beside(Beside.ALONE)
    assert place.scene.beside is None
    assert place.scene.scene.renderer.GetViewport() == (0.0, 0.0, 1.0, 1.0)
    place.window.close()
    opened_package.close()


def test_that_a_live_plant_is_forecast_where_that_is_wanted(place, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(place.what_ifs.simulating.runs, "add", asked.append)
    place.what_ifs.simulating.foretell()
    assert not asked, "nobody wants it"
    place.timeline.live = True
    place.toggle_foretold()
    assert asked[0].arguments[0] == "forecast"
    place.timeline.live = False


def test_that_a_proposal_can_be_filled_in_and_is_commanded_only_from_live(place, qtbot):
    from ui.proposal import Proposal

    turned(place, "T01", active_power_limit="900")
    row = {"knob": "T01.active_power_limit", "sort": "set-point", "value": 1234.5, "unit": "kW", "as_it_is": 2050.0}
    figure = {"figure": "energy", "label": "Energy", "unit": "MWh", "bound": None, "value": 2.0, "as_it_is": 1.9}
    told = {
        "knobs": [row], "label": "Energy", "unit": "MWh", "value": 2.0, "as_it_is": 1.9, "runs": 10,
        "commands": [{"tag": "T01.active_power_limit", "value": 1234.5, "unit": "kW"}],
        "front": [{"knobs": [row], "figures": [figure]}],
    }  # fmt: skip
    dialog = Proposal(place.window, told, place.standpoint.why_not)
    assert not dialog.command.isEnabled()
    dialog.filled.connect(place.window.panel("simulation").turn)
    dialog.fill.click()
    assert place.window.panel("simulation").model.changes["T01.active_power_limit"][1] == 1234.5
    live, sent = Proposal(place.window, told, ""), []
    live.commanded.connect(lambda commands, why: sent.append((commands, why)))
    live.command.click()
    assert sent == [(told["commands"], "Best Energy found")]


def test_that_a_branch_that_is_opened_by_itself_is_never_taken_for_a_replay(qtbot, record, package, farm, tmp_path):
    branch = tmp_path / "gust.twin-recording"
    what_if(farm, package, record, FORK, Scenario("A gust", duration=MINUTE, spin_up=MINUTE), branch)
    opened_package, opened, timeline = prepare(None, branch, None)
    place = Workplace(QApplication.instance(), opened, timeline, Settings(tmp_path / "settings.json"))
    qtbot.addWidget(place.window)
    with qtbot.waitSignal(place.window.furnished, timeout=60_000):
        place.window.show()
    assert place.window.banner.mode == "whatif"
    assert "WHAT-IF · A gust" in place.window.banner._mode.text()
    place.window.close()
    opened_package.close()


def test_that_the_same_name_again_makes_another_lane(place, monkeypatch):
    simulating, asked = place.what_ifs.simulating, []
    monkeypatch.setattr(simulating.runs, "add", asked.append)
    place.timeline.show_branches([Lane("gust", LaneKind.WHAT_IF, FORK, FORK + MINUTE, "k")])
    simulating.start(Draft("what-if", "gust", "1 min", "recorded", "", {}))
    assert asked[0].arguments[-1].endswith("gust (2).twin-recording")


def test_that_a_forecast_has_the_name_it_was_given_and_a_second_one_stands_beside_it(place, qtbot, monkeypatch):
    simulating = place.what_ifs.simulating
    place.timeline.seek(FORK)
    simulating.start(Draft("forecast", "Curtailed", "2 min", "recorded", "", {}))
    qtbot.waitUntil(lambda: [lane.name for lane in place.timeline.branches] == ["Curtailed"], timeout=60_000)
    lane = place.timeline.branches[0]
    assert lane.kind is LaneKind.FORECAST
    place.timeline.choose(lane.key)
    place.timeline.seek(FORK + MINUTE)
    qtbot.waitUntil(lambda: "· Curtailed" in place.window.banner._mode.text(), timeout=60_000)
    asked = []
    monkeypatch.setattr(simulating.runs, "add", asked.append)
    simulating.start(Draft("forecast", "Curtailed", "2 min", "recorded", "", {}))
    simulating.start(Draft("forecast", "", "2 min", "recorded", "", {}))
    assert [Path(run.arguments[-1]).stem for run in asked] == ["Curtailed (2)", "forecast"]


def test_that_knobs_that_are_seen_first_while_time_stands_still_show_what_stood_then(qtbot, farm):
    selection, limit = Selection(), "T01.active_power_limit"
    panel = SimulationPanel(Theme(), selection, farm, Timeline(0, HOUR))
    qtbot.addWidget(panel)
    selection.choose("T01")
    none = np.zeros(1, np.int64)
    snapshot = Snapshot(
        FORK, (Channel.of(farm.tags[limit]),), none, none, np.array([500.0]).view(np.int64), none.astype(np.uint8)
    )
    panel.present(snapshot, Answers(Query()))  # nobody looks, and nothing moves any more
    panel.show()
    row = [knob.key for knob in panel.model.knobs].index(limit)
    assert panel.model.index(row, VALUE).data() == "500"
