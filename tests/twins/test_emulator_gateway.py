"""The gateway and the pace: orders are judged, obeyed, read back and answered; the plant's time never goes backwards."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import pytest

from tests.rig import wait_until
from twins import InputError, clock
from twins.clock import HOUR, SECOND, TwinClock
from twins.emulator import Gateway, Plant, injections, operate
from twins.package.loader import load

START = clock.parse_time("2026-03-01T06:00:00Z")


@dataclass
class Order:
    """A command as a link brings it."""

    id: str
    tag: str
    value: object
    expires: int = 0


class Side:
    """A link's plant side that ends in memory."""

    def __init__(self, earlier=None):
        self.earlier, self.inbox, self.told, self.answers, self.clocks, self.beats = earlier, [], [], [], [], 0

    def publish(self, samples):
        self.told.append(samples)

    def say_clock(self, twin_clock):
        self.clocks.append(twin_clock)

    def read_clock(self, _timeout):
        return self.earlier

    def beat(self):
        self.beats += 1

    def orders(self):
        taken, self.inbox = self.inbox, []
        return taken

    def answer(self, order, ok, reason):
        self.answers.append((order.id, ok, reason))

    def close(self):
        pass


@pytest.fixture(scope="module")
def farm(north_ridge):
    return load(north_ridge)


@pytest.fixture(scope="module")
def plant(farm):
    plant = Plant(farm, START, 1, injections(["T04.communication_loss"], farm, START))
    plant.run_to(START + SECOND)
    return plant


def ordered(plant, *orders):
    side = Side()
    gateway = Gateway(plant, side)
    for order in orders:
        side.inbox.append(order)
        gateway.serve()
    return side


def test_that_an_order_is_obeyed_read_back_at_once_and_answered(plant):
    side = ordered(plant, Order("a", "T01.active_power_limit", 900, plant.time + SECOND))
    assert side.answers == [("a", True, "")]
    (told,) = side.told
    assert [(told.channels[c].path, told.value(k)) for k, c in enumerate(told.channel)] == [("T01.active_power_limit", 900.0)]
    assert told.source[0] == plant.time


def test_that_the_same_order_again_is_answered_and_not_carried_out_again(plant):
    first, other = Order("b", "T02.active_power_limit", 700), Order("c", "T02.active_power_limit", 800)
    side = ordered(plant, first, other, first)
    assert [answer[:2] for answer in side.answers] == [("b", True), ("c", True), ("b", True)]
    assert side.told[-1].value(0) == 800


REFUSED = [
    (Order("r", "T01.active_power_limit", 2_500), "2500 kW is outside the range 0 to 2050 kW of active_power_limit"),
    (Order("r", "T01.active_power_limit", -1), "outside the range"),
    (Order("r", "T01.active_power_limit", float("nan")), "takes a number"),
    (Order("r", "T01.active_power_limit", "900"), "takes a number"),
    (Order("r", "T01.active_power_limit", True), "takes a number"),
    (Order("r", "T01.active_power_limit", None), "takes a number"),
    (Order("r", "T01.power", 900), "T01.power can't be commanded"),
    (Order("r", "T09.power", 900), "there is no tag T09.power"),
    (Order("r", "T01.active_power_limit", 900, START), "had expired"),
]


@pytest.mark.parametrize(("order", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_that_what_can_t_be_done_is_refused_with_its_reason_and_changes_nothing(plant, order, said):
    before = plant.standing.copy()
    side = ordered(plant, order)
    ((_, ok, reason),) = side.answers
    assert not ok
    assert said in reason
    assert not side.told
    assert (plant.standing == before).all()


def test_that_a_turbine_which_can_t_be_heard_does_not_answer(plant):
    side = ordered(plant, Order("d", "T04.active_power_limit", 900))
    assert side.answers == []
    assert side.told == []


def operated(farm, side, seconds, speed=1.0, meanwhile=lambda: None, enough=lambda: True):
    stop = threading.Event()
    worker = threading.Thread(target=operate, args=(farm, side, speed, (), 1, stop))
    worker.start()
    try:
        meanwhile()
        time.sleep(seconds)
        wait_until(enough, 60)
    finally:
        stop.set()
        worker.join(60)
    assert not worker.is_alive()


def test_that_it_keeps_the_pace_beats_and_says_its_clock(farm):
    side = Side()
    begun = clock.now()
    operated(farm, side, 4.0, speed=60, enough=lambda: side.beats >= 2 and len(side.told) >= 2)
    first, last = side.clocks[0], side.clocks[-1]
    assert first.rate == 60
    assert last.rate == 1  # once it rests, time goes on as everybody's
    source = [int(t) for samples in side.told for t in samples.source]
    assert 60 < (max(source) - min(source)) / SECOND < 60 * (clock.now() - begun) / SECOND
    assert min(source) >= first.epoch
    assert max(source) <= first.at(clock.now())


def test_that_plant_time_goes_on_where_an_earlier_run_left_it(farm):
    now = clock.now()
    side = Side(earlier=TwinClock(now + 5 * HOUR, now, 1.0))
    operated(farm, side, 2.0, enough=lambda: side.told)
    assert side.clocks[0].epoch >= now + 5 * HOUR
    assert min(int(t) for samples in side.told for t in samples.source) >= now + 5 * HOUR
    side = Side(earlier=TwinClock(now - 5 * HOUR, now, 1.0))
    operated(farm, side, 1.5, enough=lambda: side.told)
    assert side.clocks[0].epoch >= now


@pytest.mark.parametrize("speed", [0, -1, 1e9, float("nan")])
def test_that_a_speed_at_which_nothing_can_run_is_refused(farm, speed):
    with pytest.raises(InputError, match="can't run at speed"):
        operate(farm, Side(), speed, (), 1, threading.Event())


def test_that_a_clock_which_no_run_can_have_left_is_refused(farm):
    with pytest.raises(InputError, match="stands in the year 9999; delete that retained message"):
        operate(farm, Side(earlier=TwinClock(2**70, 0, 1.0)), 1.0, (), 1, threading.Event())
