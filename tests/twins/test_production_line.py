"""The line's events: the same however time is cut, the same as SimPy's, and as queueing theory has it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from tests.line_peer import JOINT, JOINT_WAYS, departures
from tests.line_rig import Line
from twins.physics.line_draws import CYCLE, FAILS, LOGNORMAL, REPAIR, Draws

SHOP: dict[str, dict[str, object]] = {
    "IN": {"role": "supply", "cycle_time": "40 s", "cycle_cv": 0.1},
    "MILL": {"role": "machine", "cycle_time": "55 s", "cycle_cv": 0.15, "capacity": 3, "mtbf": "1800 s", "mttr": "120 s",
             "tool_life": "40 min", "wear_scrap": 0.1, "scrap_chance": 0.05, "working_power": "9 kW"},
    "BELT": {"role": "conveyor", "cycle_time": "20 s", "capacity": 5, "jam_chance": 0.02, "jam_time": "60 s"},
    "RACK": {"role": "store", "capacity": 8},
    "WASH": {"role": "machine", "cycle_time": "70 s", "cycle_cv": 0.3, "loss_chance": 0.01},
    "BRUSH": {"role": "machine", "cycle_time": "60 s", "cycle_cv": 0.3, "detection": 0.9, "rework": 0.3},
    "TRAY": {"role": "store", "capacity": 4},
    "LIDS": {"role": "supply", "cycle_time": "5 s", "initial_stock": 20,
             "lot_size": 30, "reorder_point": 15, "lead_time": "30 min"},
    "ROBOT": {"role": "machine", "cycle_time": "20 s", "joins": "all"},
    "OUT": {"role": "exit"},
    "BOARD": {"role": "board"},
}  # fmt: skip
WAYS = [
    "IN MILL",
    "MILL BELT",
    "BELT RACK",
    "RACK WASH",
    "RACK BRUSH",
    "WASH TRAY",
    "BRUSH TRAY",
    "TRAY ROBOT",
    "LIDS ROBOT",
    "ROBOT OUT",
]


def test_that_the_parts_are_the_same_whether_time_goes_in_seconds_or_in_half_an_hour() -> None:
    fine, coarse, whole = (Line(SHOP, WAYS, members=3).run(1_800, dt) for dt in (1, 10, 1_800))

    for name in ("made", "scrapped", "inside", "stock", "tool_changes", "lead_time"):
        for station in SHOP:
            np.testing.assert_allclose(fine.told(name, station), whole.told(name, station), rtol=1e-9, atol=1e-6)
            np.testing.assert_allclose(coarse.told(name, station), whole.told(name, station), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(fine.told("energy", "MILL"), whole.told("energy", "MILL"), rtol=1e-3)


def test_that_no_part_is_ever_lost_from_the_books_and_a_member_is_the_same_beside_others() -> None:
    many = Line(SHOP, WAYS, members=40)
    for _ in range(6):
        many.run(1_200, 1_200)
        assert (many.told("unaccounted", "BOARD") == 0).all()
    assert np.isfinite(many.outputs).all()
    assert many.told("lost", "BOARD").sum() > 40
    assert many.told("shipped", "BOARD").min() > 25
    few = Line(SHOP, WAYS, members=2).run(7_200, 1_200)
    np.testing.assert_array_equal(few.outputs[:, :2], many.outputs[:, :2])


def test_that_a_line_that_waits_for_a_supplier_starves_behind_it_and_blocks_before_it() -> None:
    late = {**SHOP, "LIDS": {**SHOP["LIDS"], "lead_factor": 10.0}}

    line = Line(late, WAYS, members=4).run(3 * 3_600, 3_600)

    assert (line.told("made", "OUT") <= 20).all()
    assert (line.told("starved_share", "ROBOT") > 0.9).all()
    assert (line.told("blocked_share", "WASH") > 0.9).all()


def test_that_a_stopped_station_goes_on_where_it_stood_and_a_faster_line_makes_more() -> None:
    line = Line(SHOP, WAYS, members=4).run(3_600, 3_600)
    before = line.told("made", "MILL").copy()
    line.set("running", 0.0, "MILL")
    line.run(600, 10)
    assert (line.told("made", "MILL") == before).all()
    assert (line.told("state", "MILL") == 0).all()
    line.set("running", 1.0, "MILL")
    assert (line.run(600, 10).told("made", "MILL") > before).all()

    usual, fast = (Line(SHOP, WAYS, members=8) for _ in range(2))
    fast.set("line_speed", 1.2, "BOARD")
    usual.run(7_200, 3_600), fast.run(7_200, 3_600)
    assert fast.told("made", "MILL").mean() > 1.05 * usual.told("made", "MILL").mean()
    assert (fast.told("tool_wear", "MILL") + fast.told("tool_changes", "MILL")).mean() > 1.4 * (
        usual.told("tool_wear", "MILL") + usual.told("tool_changes", "MILL")
    ).mean()


@pytest.mark.parametrize(
    ("changed", "ways", "named"),
    [
        ({}, [*WAYS, "TRAY RACK"], "circle"),
        ({}, [way for way in WAYS if way != "IN MILL"] + ["IN BELT"], "nothing feeds MILL"),
        ({}, WAYS[:-1], "ROBOT feeds nothing"),
        ({}, [*WAYS, "BOARD RACK"], "BOARD is a board"),
        ({"RACK": {"role": "store", "joins": "all"}}, WAYS, "RACK joins parts"),
        ({}, [*WAYS, "TRAY OUT"], "TRAY feeds several stations and ROBOT"),
    ],
)
def test_that_what_no_line_can_be_is_refused_by_name(changed: dict[str, dict[str, object]], ways: list[str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Line({**SHOP, **changed}, ways)


def test_that_two_machines_with_a_buffer_make_what_the_theory_of_queues_says() -> None:
    """Exponential times, the first never starved: a birth–death chain over what the second has, one more where the first is
    blocked; with equal rates it makes (K + 1) / (K + 2) of one machine (Buzacott & Shanthikumar, 1993)."""
    machine = {"role": "machine", "cycle_time": "1 s", "law": "exponential"}
    first, second = {**machine, "capacity": 2}, {**machine, "capacity": 3}
    stations = {"IN": {"role": "supply"}, "A": first, "B": second, "OUT": {"role": "exit"}}
    line = Line(stations, ["IN A", "A B", "B OUT"], members=400).run(50, 50)
    before = line.told("made", "OUT").copy()

    rate = (line.run(250, 250).told("made", "OUT") - before).mean() / 250

    assert rate == pytest.approx(4 / 5, rel=0.015)


def test_that_a_queue_before_one_machine_is_as_long_as_it_should_be() -> None:
    arrivals = {"role": "supply", "cycle_time": "2 s", "law": "exponential"}
    machine = {"role": "machine", "cycle_time": "1 s", "law": "exponential", "capacity": 24}
    stations = {"IN": arrivals, "M": machine, "OUT": {"role": "exit"}}
    line = Line(stations, ["IN M", "M OUT"], members=400).run(60, 60)

    seen = [line.run(25, 25).told("inside", "M").mean() for _ in range(10)]

    assert np.mean(seen) == pytest.approx(1.0, abs=0.1)  # M/M/1: ρ / (1 − ρ)


def test_that_simpy_has_the_same_parts_leave_at_the_same_instants() -> None:
    pytest.importorskip("simpy")
    line = Line(JOINT, JOINT_WAYS)
    drawn = {name: _drawn(written, line.keys[0, 0, i]) for i, (name, written) in enumerate(JOINT.items())}
    theirs = np.array(departures(drawn, 4 * 3_600.0))

    for k in range(1, 4 * 360 + 1):
        line.run(10, 10)
        gone = theirs[theirs[:, 0] <= 10 * k]
        assert line.told("made", "OUT")[0] == len(gone)
        if len(gone):
            assert line.told("lead_time", "OUT")[0] == pytest.approx(gone[-1, 0] - gone[-1, 1], abs=1e-6)
    assert len(theirs) > 150


def _drawn(written: dict[str, object], key: float) -> Iterator[float]:
    """How long each operation of a station takes, its failures included."""

    def number(name: str) -> float:
        return float(str(written.get(name, 0)).split()[0])

    for n in range(100_000):
        draws, one = Draws(np.array([key]), np.array([float(n)])), np.ones(1)
        cycle = max(draws.lasting(CYCLE, number("cycle_time") * one, number("cycle_cv") * one, LOGNORMAL)[0], 0.05)
        life = number("mtbf") or np.inf
        fails = draws.happens(FAILS, -np.expm1(-cycle / life) * one)[0]
        yield cycle + (draws.lasting(REPAIR, number("mttr") * one, 0.6 * one)[0] if fails else 0.0)
