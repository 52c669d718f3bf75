import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from scene.legend import choices_of, legend_of
from scene.pilot import Way
from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.clock import MINUTE
from twins.historian.memory import MemoryRecording
from twins.historian.query import Answers, Query
from twins.record import Channel, Samples
from ui.scene_tools import SceneTools
from ui.theme import Theme


@pytest.fixture
def tools(qtbot):
    tags = {"P1.heat": Tag("P1.heat", unit="degC", quantity="temperature", range=(0, 100), period_ns=MINUTE)}
    tags["P1.state"] = Tag("P1.state", TagKind.ENUMERATION, values=("stopped", "running"))
    assets = {"": Asset("", "Skid", AssetKind.SYSTEM), "P1": Asset("P1", "Pump", AssetKind.COMPONENT, tags=tuple(tags))}
    twin = Twin("skid", "Skid", AssetKind.SYSTEM, assets, tags)
    over = QWidget()
    qtbot.addWidget(over)
    over.resize(700, 500)
    over.show()
    made = SceneTools(Theme(), over, twin, choices_of(twin))
    made.twin, made.over = twin, over
    return made


def test_that_they_keep_to_the_corners(tools, qtbot):
    for size in ((700, 500), (1200, 800)):
        tools.over.resize(*size)
        qtbot.wait(20)
        inside = [tools.over.rect().contains(widget.geometry()) for widget in (tools.colour, tools.legend, tools.bar)]
        assert all(inside)
        assert tools.legend.geometry().right() == size[0] - 13
        assert not tools.legend.geometry().intersects(tools.colour.geometry())


def test_that_a_choice_is_asked_for_and_shown(tools, qtbot):
    heat = next(choice for choice in tools.choices if choice.title == "Heat")
    action = next(action for action in tools.colour.menu().actions() if action.text() == "Heat")
    with qtbot.waitSignal(tools.colour_asked, timeout=60_000) as asked:
        action.trigger()
    assert asked.args == [heat]
    tools.show_choice(heat)
    assert "Heat" in tools.colour.text()
    assert action.isChecked()


def test_that_the_legend_tells_the_age_of_what_colours_the_scene(tools):
    recording = MemoryRecording()
    recording.append(Samples.numbers(Channel("P1.heat", period_ns=MINUTE), [0], [1.0]))
    tools.present(recording.at(5 * MINUTE), Answers(Query()))
    assert tools.legend.age == ""
    tools.show_choice(next(choice for choice in tools.choices if choice.title == "Heat"))
    assert tools.legend.age == "5 min old"


def test_that_the_legend_has_the_very_colours_of_the_scene(tools):
    heat = next(choice for choice in tools.choices if choice.title == "Heat")
    legend = legend_of(tools.twin, heat)
    tools.show_legend(legend)
    picture = QImage(tools.legend.size(), QImage.Format.Format_RGB32)
    tools.legend.render(picture)
    for x, place in ((11, 0), (tools.legend.width() - 12, 255)):
        drawn = picture.pixelColor(x, 32)
        assert np.abs(np.array(drawn.getRgb()[:3]) - legend.colours[place].astype(int)).max() <= 4


def test_that_a_state_has_a_band_for_each_of_its_words(tools):
    before = tools.legend.height()
    tools.show_legend(legend_of(tools.twin, next(choice for choice in tools.choices if choice.title == "State")))
    assert tools.legend.height() > before + 2 * 16


def test_that_ways_to_move_are_asked_for(tools, qtbot):
    with qtbot.waitSignal(tools.way_asked, timeout=60_000) as asked:
        qtbot.mouseClick(tools.ways[Way.FLY], Qt.MouseButton.LeftButton)
    assert asked.args == [Way.FLY]
    tools.show_way(Way.WALK)
    assert tools.ways[Way.WALK].isChecked()
    assert not tools.ways[Way.FLY].isChecked()
