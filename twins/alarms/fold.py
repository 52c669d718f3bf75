"""The fold: (state, samples, instant) → (state, events). It knows no clock and no file: the same again gives the same events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twins.alarms.rules import Calculated, Rules
from twins.alarms.state import AlarmState, Standing, alarm_event, shelving_event
from twins.asset import Condition
from twins.clock import BEFORE_ALL_TIME
from twins.record import Event, Quality


@dataclass(frozen=True, slots=True)
class Batch:
    """n samples of watched tags in the order they came; numbers in the tag's unit, words and yes/no as codes."""

    tag: NDArray[np.int32]  # place among the watched tags
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    source: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Batch:
        """None."""
        return cls(np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.uint8), np.zeros(0, np.int64))


def fold(
    rules: Rules, state: AlarmState, batch: Batch, instant: int, links_up: Mapping[str, bool] | None = None
) -> tuple[AlarmState, tuple[Event, ...]]:
    """Judges a batch that arrived at `instant` (ns UTC) and lets time go on until then.

    Every sample counts, also where several of one tag came together. A BAD value changes nothing; an UNCERTAIN one may
    raise an alarm but never clears one. `links_up` says which links are up; None: as before.
    """
    run = _Run(rules, state.copy(), instant)
    run.levels(batch)
    run.calculated(batch)
    run.take(batch)
    run.links(links_up)
    run.silences()
    run.timers()
    run.shelvings()
    return run.result()


class _Run:
    """One fold: a state that may be written to, and the events so far."""

    def __init__(self, rules: Rules, state: AlarmState, instant: int) -> None:
        self._rules, self._state, self._instant = rules, state, instant
        self._events: list[Event] = []

    def result(self) -> tuple[AlarmState, tuple[Event, ...]]:
        return self._state, tuple(self._events)

    def levels(self, batch: Batch) -> None:
        """Values against limits: all pairs at once; only alarms that any of them moves are walked through in order."""
        rules, state = self._rules, self._state
        sample, row = rules.levels_of(batch.tag)
        excess = rules.sign[row] * (batch.value[sample] - state.limit[row])
        quality = batch.quality[sample] & 0b11
        over = (excess > 0) & (quality < Quality.BAD)
        under = (excess <= -rules.deadband[row]) & (quality == Quality.GOOD)
        moved = np.unique(row[(over & ~state.raw[row]) | (under & state.raw[row])])
        if not len(moved):
            return
        for i in np.flatnonzero(np.isin(row, moved) & (over | under)):
            self._set(int(row[i]), bool(over[i]), float(batch.value[sample[i]]))

    def calculated(self, batch: Batch) -> None:
        """Deviations, rates and states, after each sample of any of their inputs."""
        touched = set(batch.tag.tolist())
        concerned = [each for each in self._rules.calculated if not touched.isdisjoint(each.inputs)]
        if not concerned:
            return
        value, quality = self._state.value.copy(), self._state.quality.copy()
        of_tag: dict[int, list[Calculated]] = {}
        for each in concerned:
            for place in each.inputs:
                of_tag.setdefault(place, []).append(each)
        for i in np.flatnonzero(np.isin(batch.tag, list(of_tag))):
            place = int(batch.tag[i])
            quality[place] = batch.quality[i]
            if batch.quality[i] & 0b11 < Quality.BAD:
                value[place] = batch.value[i]
                for each in of_tag[place]:
                    self._judge(each, value, quality, int(batch.source[i]))

    def take(self, batch: Batch) -> None:
        """What is newest now (the last of several, as assignment by index does)."""
        state, sound = self._state, batch.quality & 0b11 < Quality.BAD
        state.value[batch.tag[sound]] = batch.value[sound]
        state.quality[batch.tag] = batch.quality
        state.heard[batch.tag] = self._instant

    def links(self, up: Mapping[str, bool] | None) -> None:
        if up is None:
            return
        for name, row in self._rules.links.items():
            self._set(row, not up.get(name, False))
        all_up = all(up.values())
        since = self._state.link_up_since
        if all_up != (since != BEFORE_ALL_TIME):
            self._state = replace(self._state, link_up_since=self._instant if all_up else BEFORE_ALL_TIME)

    def silences(self) -> None:
        """Assets that were heard once and are silent now; suppressed while a link is down, which says it for all of them."""
        up_since = self._state.link_up_since
        for row, (places, patience) in self._rules.silent_after.items():
            heard = int(self._state.heard[places].max())
            if heard == BEFORE_ALL_TIME:
                continue
            silent = self._instant - max(heard, up_since) > patience
            if silent and (up_since != BEFORE_ALL_TIME or not self._rules.links):
                self._set(row, True)
            elif self._instant - heard <= patience:
                self._set(row, False)

    def timers(self) -> None:
        """Delays that have run out."""
        rules, state = self._rules, self._state
        delay = np.where(state.raw, rules.on_delay, rules.off_delay)
        waiting = state.since != BEFORE_ALL_TIME
        for row in np.flatnonzero(waiting & (self._instant - np.where(waiting, state.since, 0) >= delay)):
            self._flip(int(row))

    def shelvings(self) -> None:
        """Shelving that is over; what is still there asks again."""
        state = self._state
        shelved = state.shelved_until != BEFORE_ALL_TIME
        for row in np.flatnonzero(shelved & (state.shelved_until <= self._instant)):
            self._events += end_shelving(self._rules, state, int(row), self._instant)

    def _judge(self, each: Calculated, value: NDArray[np.float64], quality: NDArray[np.uint8], source: int) -> None:
        alarm = self._rules.alarms[each.row]
        inputs = list(each.inputs)
        worst = int((quality[inputs] & 0b11).max())
        if worst >= Quality.BAD:
            return
        if each.formula is not None:
            columns = {name: (value[[i]], quality[[i]]) for name, i in zip(each.formula.names, inputs, strict=True)}
            found, told = each.formula(columns)
            excess = 1.0 if found[0] else -1.0
            if told[0] & 0b11 >= Quality.BAD:
                return
        elif alarm.condition is Condition.DEVIATION:
            excess = abs(value[inputs[0]] - value[inputs[1]]) - self._state.limit[each.row]
        else:
            excess = self._rate(each.row, source, float(value[inputs[0]]), alarm.per_ns) - self._state.limit[each.row]
        if excess > 0:
            self._set(each.row, True, float(value[inputs[0]]))
        elif excess <= -alarm.deadband and worst == Quality.GOOD:
            self._set(each.row, False, float(value[inputs[0]]))

    def _rate(self, row: int, source: int, value: float, per_ns: int) -> float:
        """The change within the last `per_ns`, scaled to all of it once half of it is known."""
        known = [(t, v) for t, v in self._state.history.get(row, ()) if source - per_ns <= t < source]
        self._state.history[row] = (*known, (source, value))  # type: ignore[index]
        if not known or 2 * (source - known[0][0]) < per_ns:
            return 0.0
        return abs(value - known[0][1]) * per_ns / (source - known[0][0])

    def _set(self, row: int, raw: bool, value: float | None = None) -> None:
        """The condition holds or not; without a delay that counts at once."""
        state, rules = self._state, self._rules
        if raw == state.raw[row]:
            return
        state.raw[row] = raw
        if raw == Standing(int(state.standing[row])).active:
            state.since[row] = BEFORE_ALL_TIME  # it came back before the delay was over
            return
        state.since[row] = self._instant
        if not (rules.on_delay[row] if raw else rules.off_delay[row]):
            self._flip(row, value)

    def _flip(self, row: int, value: float | None = None) -> None:
        state = self._state
        state.since[row] = BEFORE_ALL_TIME
        if state.raw[row]:
            state.standing[row], state.raised[row] = Standing.UNACKNOWLEDGED, self._instant
        else:
            state.standing[row] = _after_return(Standing(int(state.standing[row])), bool(self._rules.latching[row]))
        told = {} if value is None else {"value": value}
        self._events.append(alarm_event(self._rules, state, row, self._instant, **told))


def end_shelving(rules: Rules, state: AlarmState, row: int, time: int, **more: object) -> list[Event]:
    """No longer shelved; an alarm that is still there is unacknowledged again. Writes into `state`."""
    state.shelved_until[row] = BEFORE_ALL_TIME
    events = [shelving_event(rules, state, row, time, **more)]
    if Standing(int(state.standing[row])).active:
        state.standing[row] = Standing.UNACKNOWLEDGED
        events.append(alarm_event(rules, state, row, time, shelving_ended=True))
    return events


def after_acknowledgement(standing: Standing, latching: bool) -> Standing:
    """Where an alarm stands once somebody has seen it."""
    if standing is Standing.UNACKNOWLEDGED:
        return Standing.ACKNOWLEDGED
    return Standing.LATCHED if latching else Standing.NORMAL


def _after_return(standing: Standing, latching: bool) -> Standing:
    if standing is Standing.UNACKNOWLEDGED:
        return Standing.RETURNED_UNACKNOWLEDGED
    return Standing.LATCHED if latching else Standing.NORMAL
