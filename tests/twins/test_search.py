"""Search: the best values of knobs, within bounds and constraints, and which of them matter."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import PLANT_START as START
from tests.rig import MAIN, main_py
from twins import InputError
from twins.asset import TagKind
from twins.clock import MINUTE
from twins.emulator.plant import Plant
from twins.package.archive import zipped
from twins.package.loader import load
from twins.simulation.executor import Here
from twins.simulation.forking import Origin
from twins.simulation.goals import constraint, goal_named, knob_named
from twins.simulation.knobs import knobs_of, to_be_had
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import with_settings
from twins.simulation.search import Search, optimised, sensitivity

LINE = MAIN.parent / "resources" / "twins" / "production-line"
CALM = Scenario(duration=5 * MINUTE, still=True)


@pytest.fixture
def searching(farm, package):
    def _searching(knobs, goals, scenario=CALM, where=None):
        turned = [knob_named(text, farm) for text in knobs]
        return Search(
            farm, package, Origin(START), scenario, turned, goals, where or Here(), lambda done, what: None, lambda: False
        )

    return _searching


def test_that_the_limit_that_gives_a_wanted_power_is_found(searching, farm):
    """Energy is to be high, and T01 below 700 kW: its limit must come out at 700."""
    goals = [goal_named("energy", True, farm), constraint("mean T01.power < 700 kW", farm)]
    windy = with_settings(CALM, ["wind.mean_speed=14 m/s"], farm)
    ((best, figures),) = optimised(searching(["T01.active_power_limit=200:2050"], goals, windy), 12, 12)
    assert best[0] == pytest.approx(700, abs=15)
    assert figures[1] <= 700.5


def test_that_a_rotor_that_faces_the_wind_gives_most(searching, farm):
    goals = [goal_named("mean T01.power in kW", True, farm)]
    ((best, _),) = optimised(searching(["T01.vane_offset=-30:30"], goals), 12, 10)
    assert abs(best[0]) < 8.5, "within the deadband of the yaw drive all is alike"


def test_that_of_two_objectives_a_front_is_told_that_none_on_it_beats(searching, farm):
    goals = [goal_named("energy", True, farm), goal_named("mean T01.tower_acceleration in m/s^2", False, farm)]
    found = optimised(searching(["T01.active_power_limit=200:2050", "T01.pitch_offset=-1:3"], goals), 12, 6)
    figures = np.array([values for _, values in found])
    assert len(found) > 2
    for one in figures:
        assert not ((figures[:, 0] > one[0]) & (figures[:, 1] < one[1])).any()


def test_that_each_knob_gets_the_share_it_has_and_an_idle_one_none(searching, farm):
    goals = [goal_named("mean T01.power in kW", True, farm)]
    knobs = ["T01.active_power_limit=200:1000", "T02.active_power_limit=200:1000", "T01.icing=0:0.05"]
    windy = with_settings(CALM, ["wind.mean_speed=14 m/s"], farm)
    first, *others = sensitivity(searching(knobs, goals, windy), 16)
    assert first.knob.key == "T01.active_power_limit"
    assert first.total > 0.9
    assert all(each.total < 0.1 for each in others)


def test_that_pieces_change_nothing(searching, farm):
    class Pieces(Here):
        width = 3

    goals = [goal_named("energy", True, farm)]
    points = np.array([[300.0], [700.0], [1200.0], [1800.0]])
    whole, pieces = (searching(["T02.active_power_limit"], goals, where=where).figures(points) for where in (Here(), Pieces()))
    assert np.array_equal(whole, pieces)
    assert np.all(np.diff(whole[0]) >= 0)


def test_that_members_differ_by_their_knobs_alone(searching, farm):
    """With noise: the same value twice gives the same figure twice."""
    noisy = Scenario(duration=3 * MINUTE)
    goals = [goal_named("energy", True, farm)]
    found = searching(["T02.active_power_limit"], goals, noisy).figures(np.array([[900.0], [900.0], [500.0]]))
    assert found[0, 0] == found[0, 1] != found[0, 2]


def test_that_knobs_have_units_bounds_and_what_they_are_now(farm):
    knobs = {each.key: each for each in knobs_of(farm, "T01")}
    limit, offset, radius = (knobs[f"T01.{name}"] for name in ("active_power_limit", "vane_offset", "rotor_radius"))
    assert (limit.sort, limit.unit, limit.low, limit.high, limit.value) == ("set-point", "kW", 0.0, 2050.0, 2050.0)
    assert (offset.unit, offset.low, offset.high) == ("deg", -180.0, 180.0)
    assert radius.value == 41.0
    wind = {each.key: each for each in knobs_of(farm, "wind")}
    assert (wind["wind.mean_speed"].value, wind["wind.mean_temperature"].unit) == (9.8, "degC")
    assert knobs_of(farm, "T01/gearbox") == ()


@pytest.mark.parametrize(
    ("make", "text", "told"),
    [
        (knob_named, "T01.nothing=0:1", "there is no knob “T01.nothing”"),
        (knob_named, "T01.rotor_radius=30:50", "compare candidates"),
        (knob_named, "T01.active_power_limit=0:9000", "can be from 0 to 2050 kW"),
        (knob_named, "T01.active_power_limit=a:b", "write T01.active_power_limit=FROM:TO, in kW"),
        (knob_named, "T01.inertia", "nothing says how far"),
        (constraint, "highest T01.power", "write it like highest"),
        (constraint, "highest T01.power < 5 degC", "degC"),
        (constraint, "highest T01.pwer < 5 kW", "T01.pwer"),
    ],
)
def test_that_what_can_t_be_searched_is_refused_in_one_sentence(farm, make, text, told):
    with pytest.raises(InputError) as refused:
        make(text, farm)
    assert told in str(refused.value)


def test_that_an_unknown_figure_is_refused_with_those_there_are(farm):
    with pytest.raises(InputError, match="there are energy, availability"):
        goal_named("enrgy", True, farm)


def test_that_the_command_line_proposes_what_the_command_path_takes(record):
    line = ("optimise", "north-ridge", "--from", str(record), "--at", "2026-03-01T06:15:00Z", "--for", "3 min")
    knobs = ("--knob", "T01.active_power_limit=500:2050", "--population", "6", "--generations", "2", "--minimise", "tower_load")
    told = json.loads(main_py(*line, *knobs, "--json").stdout)
    (command,) = told["commands"]
    assert command["tag"] == "T01.active_power_limit"
    assert 500 <= command["value"] <= 2050
    assert told["front"][0]["figures"][0]["figure"] == "tower_load"
    ranked = main_py("sensitivity", *line[1:], "--knob", "T01.active_power_limit=500:2050", "--samples", "8", "--json")
    assert json.loads(ranked.stdout)["knobs"][0]["knob"] == "T01.active_power_limit"


def test_that_what_is_counted_is_proposed_run_and_told_whole():
    """A rack has no half a place, and of a valve that is half made nothing is told."""
    line = load(LINE)
    knobs = [knob_named("B1.capacity=1:16", line), knob_named("B2.capacity=1.4:9.8", line)]
    goals = [goal_named("parts", True, line), constraint("buffer_places < 13", line)]
    asked = (line, zipped(LINE), Origin(START), replace(CALM, duration=20 * MINUTE))
    search = Search(*asked, knobs, goals, Here(), lambda done, what: None, lambda: False)

    ((best, figures),) = optimised(search, 6, 3)

    assert [(each.low, each.high) for each in search.knobs] == [(1.0, 16.0), (2.0, 9.0)]
    assert best.tolist() == np.rint(best).tolist()
    assert figures.tolist() == np.rint(figures).tolist()
    assert figures[1] <= 12
    assert figures[1] == best.sum(), "as many places are told as were simulated"
    assert np.array_equal(search.judged(best[None] + 0.3), search.judged(best[None]))


def test_that_a_set_point_of_whole_numbers_is_turned_in_whole_ones(farm):
    tags = {**farm.tags, "T01.active_power_limit": replace(farm.tags["T01.active_power_limit"], kind=TagKind.INTEGER)}
    knobs = [knob_named("T01.active_power_limit=500.5:2050", replace(farm, tags=tags)), knob_named("T01.pitch_offset=-1:3", farm)]
    assert [(each.low, each.whole) for each in knobs] == [(501, True), (-1, False)]
    assert to_be_had(knobs, np.array([[700.4, 0.25]])).tolist() == [[700, 0.25]]


def test_that_part_of_what_is_counted_is_refused_with_its_neighbours():
    line = load(LINE)
    with pytest.raises(InputError, match=r"capacity: 9\.5 is not whole, and there is no part of one; write 9 or 10"):
        with_settings(CALM, ["B1.capacity=9.5"], line)
    with pytest.raises(InputError, match="no two whole numbers there; write a wider FROM:TO"):
        knob_named("B1.capacity=3.2:4.4", line)
    plant = Plant(line, START, settings={"B1.capacity": 6.4})
    assert plant.parameter("B1", "capacity") == 6
