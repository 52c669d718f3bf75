"""Restoring: the alarms as they stood when a station ended, read back from its record."""

from __future__ import annotations

import numpy as np

from twins.alarms.rules import Rules
from twins.alarms.state import AlarmState, Standing
from twins.record import Event, EventKind, Snapshot

_WORDS = {standing.word: standing for standing in Standing}


def restored(rules: Rules, snapshot: Snapshot, instant: int) -> tuple[AlarmState, tuple[Event, ...]]:
    """The state that stood, and events that end what no rule knows any more (the package is another one now)."""
    state = AlarmState.initial(rules)
    ended = []
    for event in snapshot.standing.of(EventKind.ALARM):
        row = rules.rows.get(event.key)
        if row is not None:
            _stand(state, row, event)
        elif "code" not in event.data:  # alarms that came from an imported list are not ours to end
            ended.append(_end(event, instant))
    for event in snapshot.standing.of(EventKind.SHELVING):
        if (row := rules.rows.get(event.key)) is not None and isinstance(until := event.data.get("until"), int):
            state.shelved_until[row] = until
    for event in snapshot.standing.of(EventKind.LIMIT):
        if (row := rules.rows.get(event.key)) is not None and isinstance(value := event.data.get("value"), int | float):
            state.limit[row] = float(value)
    _remember(rules, state, snapshot)
    return state, tuple(ended)


def _stand(state: AlarmState, row: int, event: Event) -> None:
    standing = _WORDS.get(str(event.data.get("state")), Standing.UNACKNOWLEDGED)
    since = event.data.get("since")
    state.standing[row], state.raw[row] = standing, standing.active
    state.raised[row] = since if isinstance(since, int) else event.time


def _end(event: Event, instant: int) -> Event:
    data = {**event.data, "state": Standing.NORMAL.word, "message": "No longer an alarm of this twin"}
    return Event(instant, EventKind.ALARM, event.subject, event.key, False, data)


def _remember(rules: Rules, state: AlarmState, snapshot: Snapshot) -> None:
    """The newest values, so that conditions over several tags can be judged at once."""
    places = snapshot.places(rules.tags)
    known = np.flatnonzero(places >= 0)
    known = known[snapshot.seen[places[known]]]
    state.value[known] = snapshot.numbers[places[known]]
    state.quality[known] = snapshot.written[places[known]]
    state.heard[known] = snapshot.arrival[places[known]]
