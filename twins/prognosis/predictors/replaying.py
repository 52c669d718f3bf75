"""Replaying: the predictors of a package over a recording, as they would have spoken then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from twins import InputError
from twins.asset import Twin
from twins.clock import MINUTE, SECOND
from twins.historian.days import Record
from twins.historian.drafting import drafted, refuse_bad_place
from twins.historian.file import RecordingFile
from twins.prognosis.calls import Calls
from twins.prognosis.predictors.declared import MODEL, sound
from twins.prognosis.predictors.predicting import Predicting
from twins.record import Event, EventKind

_LONGEST = 10 * MINUTE
_CHUNK = 360  # steps

Watch = Callable[[float, str], None]
Cancelled = Callable[[], bool]


def predicted(
    twin: Twin, record: Record, start: int, end: int, to: Path | None = None, only: str = "",
    watch: Watch = lambda done, what: None, cancelled: Cancelled = lambda: False,
) -> list[Event]:  # fmt: skip
    """What they say from `start` to `end` (ns), of what was recorded in that time; with `to` the same recording is written there
    with what they say in place of what predictors said before.

    Raises InputError where one can't be used, where there is none, or where it was cancelled; nothing is half-written.
    """
    for each in sound(twin, only):
        each.kind.close()
    with ExitStack() as held:
        predicting = held.enter_context(closing(Predicting(twin, Calls(), patient=True, only=only, least_step=_step_of(record))))
        if not predicting.predictors:
            raise InputError(f"{twin.name} has no predictors; docs/predictors.md shows how to bring one")
        predicting.start(record, start)
        file = None
        if to is not None:
            refuse_bad_place(to)
            place, package = held.enter_context(drafted(to)), record.package_at(end) or b""
            file = held.enter_context(closing(RecordingFile.create(place, package, twin.id, start, simulated=record.simulated)))
        return _followed(predicting, record, start, end, file, watch, cancelled)


def _followed(
    predicting: Predicting, record: Record, start: int, end: int, file: RecordingFile | None, watch: Watch, cancelled: Cancelled
) -> list[Event]:
    said: list[Event] = []
    chunk = _step_of(record) * _CHUNK
    for begin in range(start, end, chunk):
        until = min(begin + chunk, end)
        samples = record.between(begin, until)
        predicting.take(samples)
        events = predicting.until(until)
        said += events
        if file is not None:
            file.append(samples, sorted([*_kept(record, begin, until), *events], key=lambda event: event.time))
        watch((until - start) / max(end - start, 1), "predicting")
        if cancelled():
            raise InputError("stopped; nothing was written")
    return said


def _kept(record: Record, start: int, end: int) -> list[Event]:
    """What happened, but for what predictors have said before."""
    return [event for event in record.events(start, end) if not _is_a_predictors(event)]


def _is_a_predictors(event: Event) -> bool:
    return event.kind is EventKind.PREDICTION and str(event.data.get("model", "")).startswith(f"{MODEL} ")


def _step_of(record: Record) -> int:
    """As often as the quickest tag was recorded."""
    return max(SECOND, min([_LONGEST, *(channel.period_ns for channel in record.channels if channel.period_ns)]))
