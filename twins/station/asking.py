"""Asking: an intention is left at the desk of a running station, and its answers are awaited in the record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from twins import InputError, clock
from twins.clock import SECOND
from twins.commanding.command import Stage
from twins.historian.days import open_record
from twins.historian.desk import Desk
from twins.historian.lock import holder
from twins.package.archive import is_package
from twins.record import Event, EventKind, Intention, IntentionKind

_LOOK_EVERY = 0.02  # s
_FAR = 2**62


class NobodyAnsweredError(InputError):
    """The station did not answer in time; whether it will is not known."""


def ask(record: Path, intention: Intention, watch: Callable[[Event], None], patience: float = 10.0) -> Event:
    """Posts, tells `watch` every event that answers, and returns the last one. Raises InputError where no station answers.

    `patience` is in seconds; a command is waited for until its own expiry and a little longer.
    """
    if not holder(record):
        if is_package(record):
            raise InputError(f"no station of {record} runs here; start one with: record {record} --to FILE")
        raise InputError(f"no station is writing {record}; start one with: record TWIN --to {record}")
    recording, desk = open_record(record), Desk.beside(record)
    try:
        since = (recording.span() or (0, 0))[1] - 2 * SECOND
        desk.post(intention)
        until = clock.monotonic() + round((patience + _own(intention)) * SECOND)
        told: list[Event] = []
        while clock.monotonic() < until:
            for event in recording.events(since, _FAR):
                if event.data.get("intention") == intention.id and event not in told:
                    told.append(event)
                    watch(event)
                    if _is_last(intention, event):
                        return event
            clock.sleep(_LOOK_EVERY)
    finally:
        desk.close()
        recording.close()
    raise NobodyAnsweredError(
        f"the station of {record} did not answer; it may be stopped: look at its heartbeat before you try again"
    )


def _own(intention: Intention) -> float:
    expiry = intention.data.get("expires_ns")
    return expiry / SECOND if intention.kind is IntentionKind.COMMAND and isinstance(expiry, int) else 0.0


def _is_last(intention: Intention, event: Event) -> bool:
    if intention.kind is IntentionKind.COMMAND and event.kind is EventKind.COMMAND:
        return Stage(str(event.data["state"])).final
    return True
