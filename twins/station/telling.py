"""What a station says of itself and of its links, as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict

from twins.clock import TwinClock
from twins.links.link import LinkState, Rejected
from twins.record import Event, EventKind, Intention, IntentionKind

_REJECTED_AT_ONCE = 20  # rows of quarantine in one commit; more are counted in the last of them
_ANSWERS = {
    IntentionKind.NOTE: EventKind.NOTE,
    IntentionKind.OPERATOR: EventKind.OPERATOR,
    IntentionKind.SHOWN: EventKind.SHOWN,
    IntentionKind.COMMAND: EventKind.COMMAND,
    IntentionKind.ACKNOWLEDGE: EventKind.ALARM,
    IntentionKind.RESET: EventKind.ALARM,
    IntentionKind.SHELVE: EventKind.SHELVING,
    IntentionKind.UNSHELVE: EventKind.SHELVING,
    IntentionKind.LIMIT: EventKind.LIMIT,
    IntentionKind.JUDGE: EventKind.PREDICTION,
}


class Meter:
    """How long turns and commits take, ms, the worst since the last beat."""

    def __init__(self, monotonic: Callable[[], int]) -> None:
        self._monotonic = monotonic
        self.now = monotonic()
        self.commit_ms = self.loop_ms = 0.0

    def turn(self) -> None:
        """Another turn begins."""
        now = self._monotonic()
        self.loop_ms = max(self.loop_ms, (now - self.now) / 1e6)
        self.now = now

    def stamp(self) -> int:
        """An instant on the clock that never jumps, ns."""
        return self._monotonic()

    def committed(self, begun: int) -> None:
        """A commit took until now."""
        self.commit_ms = max(self.commit_ms, (self._monotonic() - begun) / 1e6)

    def read(self) -> dict[str, float]:
        """The worst, and begins anew."""
        told = {"commit_ms": round(self.commit_ms, 1), "loop_ms": round(self.loop_ms, 1)}
        self.commit_ms = self.loop_ms = 0.0
        return told


def station_event(time: int, state: str, message: str) -> Event:
    """Started, stopped, the clock jumped, …"""
    return Event(time, EventKind.STATION, data={"state": state, "message": message})


def link_event(time: int, name: str, up: bool, reason: str, session: str = "") -> Event:
    """A link is up or down from `time` on."""
    data = {"state": "up" if up else "down", "reason": reason, **({"session": session} if session else {})}
    return Event(time, EventKind.LINK, "", name, True, data)


def gap_event(time: int, link: str, missing: Mapping[str, int], fresh_session: bool) -> Event:
    """Samples that were sent and never came; 0 where the broker forgot the session and no counter has told yet."""
    count = sum(missing.values())
    said = (
        f"{count} samples of {len(missing)} tags are missing" if count else "The broker forgot what it held; counters will tell"
    )
    data = {"link": link, "missing": count, "tags": dict(missing), "session": "fresh" if fresh_session else "", "message": said}
    return Event(time, EventKind.GAP, data=data)


def rejected_events(time: int, link: str, rejected: Sequence[Rejected]) -> Iterator[Event]:
    """Payloads that could not be read: each with what it was, up to a number, and how many more there were."""
    for each in rejected[:_REJECTED_AT_ONCE]:
        yield Event(time, EventKind.REJECTED, data={"link": link, **asdict(each)})
    if more := sum(each.count for each in rejected[_REJECTED_AT_ONCE:]):
        data = {"link": link, "topic": "", "reason": "and more like these", "payload": "", "count": more}
        yield Event(time, EventKind.REJECTED, data=data)


def heartbeat(
    time: int,
    key: str,
    host: str,
    pid: int,
    twin_clock: TwinClock,
    links: Mapping[str, tuple[LinkState, int, int]],
    meter: Meter,
    *,
    simulated: bool,
) -> Event:
    """Once a second: the station lives, its clock, and how its links are."""
    told = {
        name: {
            "state": "up" if state.up else "down",
            "reason": state.reason,
            "lag_ms": round(state.lag_ns / 1e6, 1),
            "offset_ms": round(state.offset_ns / 1e6, 1),
            **{key: getattr(state, key) for key in ("messages", "samples", "rejected", "queued", "high_water", "dropped")},
            "missing": missing,
            "repeated": repeated,
        }
        for name, (state, missing, repeated) in links.items()
    }
    data = {"host": host, "pid": pid, "simulated": simulated, "clock": asdict(twin_clock), "links": told, **meter.read()}
    return Event(time, EventKind.HEARTBEAT, "", key, True, data)


def answer_to(intention: Intention, time: int, refused: str = "") -> Event:
    """Notes, operators and what windows showed are simply written down; what is refused says why."""
    kind, data = _ANSWERS[intention.kind], dict(intention.data)
    said = {"by": intention.by, "intention": intention.id, **({"why": intention.why} if intention.why else {})}
    reason = refused or _unfit(intention)
    if reason:
        return Event(time, kind, intention.subject, "", False, {"state": "refused", "reason": reason, **said})
    if intention.kind is IntentionKind.NOTE:
        return Event(time, kind, intention.subject, data={"about": intention.time, **data, **said})
    if intention.kind is IntentionKind.OPERATOR:
        on = data.get("state", "on") == "on"
        return Event(
            time, kind, "", f"{intention.by}@{data.get('window', '')}", on, {**data, "state": "on" if on else "off", **said}
        )
    return Event(time, kind, intention.subject, data={"cursor": intention.time, **data, **said})


def _unfit(intention: Intention) -> str:
    if intention.kind is IntentionKind.SHOWN:
        return ""
    if not intention.by.strip():
        return "give your name first; it stands on everything you do"
    if intention.kind is IntentionKind.NOTE and not str(intention.data.get("text", "")).strip():
        return "a note needs some text"
    return ""
