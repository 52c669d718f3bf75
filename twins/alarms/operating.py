"""What operators do to alarms: acknowledge, shelve, reset, change a limit; each either done or refused, with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from twins.alarms.fold import after_acknowledgement, end_shelving
from twins.alarms.rules import Rules
from twins.alarms.state import AlarmState, Standing, alarm_event, shelving_event
from twins.asset import Condition
from twins.clock import BEFORE_ALL_TIME, HOUR, MINUTE, format_duration
from twins.record import Event, EventKind, Intention, IntentionKind

DEFAULT_SHELVING, LONGEST_SHELVING = 15 * MINUTE, 8 * HOUR
_ORDER = (Condition.LOW_LOW, Condition.LOW, Condition.HIGH, Condition.HIGH_HIGH)
_Done = Iterable[Event]


class _RefusedError(Exception):
    """The sentence for the operator."""


def operate(rules: Rules, state: AlarmState, intention: Intention, instant: int) -> tuple[AlarmState, tuple[Event, ...]]:
    """Does what is wanted, or answers with an event that says why not. An acknowledgement of many does what it can."""
    copy = state.copy()
    try:
        return copy, tuple(_DEEDS[intention.kind](rules, copy, intention, instant))
    except _RefusedError as refused:
        return state, (_refusal(intention, str(refused), instant),)


def _acknowledge(rules: Rules, state: AlarmState, intention: Intention, instant: int) -> _Done:
    keys = intention.data.get("keys")
    keys = [str(key) for key in keys] if isinstance(keys, list | tuple) and keys else [intention.subject]
    rows = [_row(rules, key) for key in keys]
    open_ = [row for row in rows if state.standing[row] in (Standing.UNACKNOWLEDGED, Standing.RETURNED_UNACKNOWLEDGED)]
    if not open_:
        raise _RefusedError(f"there is nothing to acknowledge on {', '.join(keys[:3])}: it is acknowledged already, or gone")
    for row in open_:
        state.standing[row] = after_acknowledgement(Standing(int(state.standing[row])), bool(rules.latching[row]))
        yield alarm_event(rules, state, row, instant, **_said(intention))


def _reset(rules: Rules, state: AlarmState, intention: Intention, instant: int) -> _Done:
    row = _row(rules, intention.subject)
    if state.standing[row] != Standing.LATCHED:
        raise _RefusedError(f"{intention.subject} can be reset once its condition is gone and it is acknowledged")
    state.standing[row] = Standing.NORMAL
    yield alarm_event(rules, state, row, instant, **_said(intention))


def _shelve(rules: Rules, state: AlarmState, intention: Intention, instant: int) -> _Done:
    row = _row(rules, intention.subject)
    duration = intention.data.get("duration_ns", DEFAULT_SHELVING)
    if not intention.why.strip():
        raise _RefusedError("shelving needs a reason")
    if not isinstance(duration, int) or not 0 < duration <= LONGEST_SHELVING:
        raise _RefusedError(f"shelving lasts at most {format_duration(LONGEST_SHELVING)}")
    state.shelved_until[row] = instant + duration
    yield shelving_event(rules, state, row, instant, **_said(intention))


def _unshelve(rules: Rules, state: AlarmState, intention: Intention, instant: int) -> _Done:
    row = _row(rules, intention.subject)
    if state.shelved_until[row] == BEFORE_ALL_TIME:
        raise _RefusedError(f"{intention.subject} is not shelved")
    return end_shelving(rules, state, row, instant, **_said(intention))


def _limit(rules: Rules, state: AlarmState, intention: Intention, instant: int) -> _Done:
    """Another limit, from now on until it is given back; the package's own where the value is None."""
    row = _row(rules, intention.subject)
    wanted, old, alarm = intention.data.get("value"), float(state.limit[row]), rules.alarms[row]
    if alarm.condition in (Condition.STATE, Condition.SILENCE, Condition.LINK):
        raise _RefusedError(f"{intention.subject} has no limit")
    if not intention.why.strip():
        raise _RefusedError("changing a limit needs a reason")
    value = float(rules.limit[row]) if wanted is None else _number(wanted)
    _fits(rules, state, row, value)
    state.limit[row] = value
    changed = value != float(rules.limit[row])
    told = {"state": "changed" if changed else "restored", "limit": alarm.condition.value, "unit": rules.units.get(row, "")}
    data: dict[str, object] = {**told, "value": value, "old": old, **_said(intention)}
    yield Event(instant, EventKind.LIMIT, alarm.tag, alarm.key, changed, data)


def _fits(rules: Rules, state: AlarmState, row: int, value: float) -> None:
    """A level must lie in its tag's range and in order with its neighbours; anything else must be above 0."""
    alarm = rules.alarms[row]
    if alarm.condition not in _ORDER:
        if value <= 0:
            raise _RefusedError(f"the limit of {alarm.key} must be above 0")
        return
    low, high = rules.ranges.get(row, (-math.inf, math.inf))
    if not low <= value <= high:
        raise _RefusedError(f"{value:g} is outside the range of {alarm.tag}, {low:g} to {high:g}")
    at = _ORDER.index(alarm.condition)
    for i, condition in enumerate(_ORDER):
        other = rules.rows.get(f"{alarm.tag}/{condition}")
        if other is not None and i != at and (state.limit[other] >= value if i < at else state.limit[other] <= value):
            raise _RefusedError(f"{value:g} is not {'above' if i < at else 'below'} {condition}, {state.limit[other]:g}")


def _number(wanted: object) -> float:
    if isinstance(wanted, bool) or not isinstance(wanted, int | float) or not math.isfinite(wanted):
        raise _RefusedError(f"“{wanted}” is no number")
    return float(wanted)


def _row(rules: Rules, key: str) -> int:
    row = rules.rows.get(key)
    if row is None:
        raise _RefusedError(f"there is no alarm “{key}”")
    return row


def _said(intention: Intention) -> dict[str, object]:
    why = {"why": intention.why} if intention.why else {}
    return {"by": intention.by, "intention": intention.id, **why}


def _refusal(intention: Intention, reason: str, instant: int) -> Event:
    data = {"state": "refused", "reason": reason, **_said(intention)}
    return Event(instant, OPERATED[intention.kind], intention.subject, "", False, data)


_Deed = Callable[[Rules, AlarmState, Intention, int], _Done]
_DEEDS: Mapping[IntentionKind, _Deed] = {
    IntentionKind.ACKNOWLEDGE: _acknowledge,
    IntentionKind.RESET: _reset,
    IntentionKind.SHELVE: _shelve,
    IntentionKind.UNSHELVE: _unshelve,
    IntentionKind.LIMIT: _limit,
}
OPERATED: Mapping[IntentionKind, EventKind] = {
    IntentionKind.ACKNOWLEDGE: EventKind.ALARM,
    IntentionKind.RESET: EventKind.ALARM,
    IntentionKind.SHELVE: EventKind.SHELVING,
    IntentionKind.UNSHELVE: EventKind.SHELVING,
    IntentionKind.LIMIT: EventKind.LIMIT,
}
