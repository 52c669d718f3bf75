"""The commander: takes every command through its life; what it answers are events, which are durable before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Iterable

from twins.asset import Tag, TagKind, Twin
from twins.clock import SECOND
from twins.commanding.command import Command, Stage, Value
from twins.commanding.permissives import permissives_of, unsound_word
from twins.expression import ExpressionError
from twins.links.link import Answer, Order
from twins.record import Event, EventKind, Intention, Reading, Snapshot

DEFAULT_EXPIRY, LONGEST_EXPIRY = 30 * SECOND, 3600 * SECOND
_YES, _NO = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


class _RefusedError(Exception):
    """The sentence for the operator."""


class Commander:
    """Holds the open commands. One asset's tag has one open command at a time.

    `request` judges, `release` hands out what may be sent once its events are on the disk, `hear` takes the plant's answer,
    `see` its readback, `pass_time` ends what is too late. Nothing is ever sent twice.
    """

    def __init__(self, twin: Twin, standing: Iterable[Event] = ()) -> None:
        self._twin = twin
        found = [Command.of(event) for event in standing if event.kind is EventKind.COMMAND]
        self._open = {command.id: command for command in found}
        self._interrupted = [command.id for command in found if command.stage is Stage.REQUESTED]

    @property
    def open(self) -> tuple[Command, ...]:
        """What is under way, oldest first."""
        return tuple(self._open.values())

    def resume(self, instant: int) -> tuple[Event, ...]:
        """After a restart: nobody knows whether what was only requested left the house, so it is not sent again."""
        ids, self._interrupted = self._interrupted, []
        said = "the station was restarted before it was sent; look at the plant, then give it again"
        return tuple(self._end(id_, Stage.FAILED, instant, said) for id_ in ids)

    def request(self, intention: Intention, snapshot: Snapshot, instant: int, links_up: bool) -> Event:
        """REQUESTED, or REFUSED with the reason. `snapshot` is what is known now."""
        data, tag = intention.data, self._twin.tags.get(intention.subject)
        expiry = data.get("expires_ns", DEFAULT_EXPIRY)
        asked = data.get("value")
        shown = asked if isinstance(asked, float | int | bool | str) else str(asked)
        wanted = Command(
            intention.id, intention.subject, shown, None, tag.unit if tag else "", intention.by, intention.why,
            instant + (expiry if isinstance(expiry, int) and 0 < expiry <= LONGEST_EXPIRY else DEFAULT_EXPIRY), Stage.REFUSED,
        )  # fmt: skip
        try:
            if tag is None:
                raise _RefusedError(f"there is no tag “{intention.subject}”")
            command = self._judged(wanted, tag, intention, snapshot, links_up)
        except _RefusedError as refused:
            return wanted.event(instant, str(refused))
        self._open[command.id] = command
        return command.event(instant)

    def release(self, instant: int, rate: float = 1.0) -> tuple[list[Order], list[Event]]:
        """What is to be sent now, and that it was; the events of its request must be on the disk."""
        orders, events = [], []
        for command in [each for each in self._open.values() if each.stage is Stage.REQUESTED]:
            left = (command.expires - instant) / SECOND / max(rate, 1e-9)
            if left <= 0:
                events.append(self._end(command.id, Stage.EXPIRED, instant, "it was too late before it could be sent"))
                continue
            sent = self._open[command.id] = command.at(Stage.SENT, sent=instant)
            orders.append(Order(sent.id, sent.tag, sent.value, sent.unit, sent.by, sent.why, sent.expires, left))
            events.append(sent.event(instant))
        return orders, events

    def hear(self, answers: Iterable[Answer], instant: int) -> list[Event]:
        """The plant's gateway has taken or refused it. An answer to what is not open any more changes nothing."""
        events = []
        for answer in answers:
            command = self._open.get(answer.id)
            if command is None or command.stage is not Stage.SENT:
                continue
            if answer.ok:
                self._open[command.id] = command.at(Stage.ACKNOWLEDGED)
                events.append(self._open[command.id].event(instant))
            else:
                events.append(self._end(command.id, Stage.FAILED, instant, answer.reason or "the plant refused it"))
        return events

    def see(self, snapshot: Snapshot, instant: int) -> list[Event]:
        """What the plant reports back: an acknowledged command whose tag reads the value wanted, newer than the sending."""
        events = []
        for command in [each for each in self._open.values() if each.stage is Stage.ACKNOWLEDGED]:
            reading = snapshot.reading(command.tag)
            place = snapshot.place.get(command.tag)
            new = place is not None and snapshot.arrival[place] >= command.sent
            if new and reading.sound and _same(reading.value, command.value, self._twin.tags[command.tag]):
                events.append(self._end(command.id, Stage.VERIFIED, instant))
        return events

    def pass_time(self, instant: int) -> list[Event]:
        """Ends what is too late."""
        late = [command for command in self._open.values() if command.expires <= instant]
        return [self._late(command, instant) for command in late]

    def _late(self, command: Command, instant: int) -> Event:
        if command.stage is Stage.ACKNOWLEDGED:
            return self._end(command.id, Stage.FAILED, instant, "the plant took it but never reported that value")
        return self._end(
            command.id, Stage.EXPIRED, instant, "the plant did not answer in time; it will not be carried out any more"
        )

    def _end(self, id_: str, stage: Stage, instant: int, reason: str = "") -> Event:
        return self._open.pop(id_).at(stage).event(instant, reason)

    def _judged(self, wanted: Command, tag: Tag, intention: Intention, snapshot: Snapshot, links_up: bool) -> Command:
        if not tag.writable:
            raise _RefusedError(f"{tag.path} can't be set; its package does not say writable")
        if not intention.by.strip():
            raise _RefusedError("a command needs the name of who gives it")
        if not intention.why.strip():
            raise _RefusedError("a command needs a reason")
        if intention.data.get("lane", "live") != "live":
            raise _RefusedError("commands are given in LIVE only; what was seen was another time")
        if not links_up:
            raise _RefusedError("the link to the plant is down")
        other = next((each for each in self._open.values() if each.tag == tag.path), None)
        if other is not None:
            raise _RefusedError(f"another command of {other.by} on {tag.path} is still under way")
        value = value_for(tag, intention.data.get("value"))
        old = snapshot.reading(tag.path)
        if old.value is not None and not old.sound:
            raise _RefusedError(f"its present value is {unsound_word(old)}")
        try:
            told = permissives_of(tag, self._twin, snapshot)
        except ExpressionError as problem:
            raise _RefusedError(f"its permissives can't be judged: {problem}") from None
        for each in told:
            if not each.holds:
                raise _RefusedError(f"“{each.text}” does not hold: {each.why}")
        return Command(
            wanted.id, wanted.tag, value, _plain(old), wanted.unit, wanted.by, wanted.why, wanted.expires, Stage.REQUESTED,
            permissives=tuple(each.plain() for each in told),
        )  # fmt: skip


def value_for(tag: Tag, wanted: object) -> Value:
    """What was asked for, as the tag's kind has it; raises a refusal where it is no such value or out of range."""
    text = str(wanted).strip().lower()
    if tag.kind is TagKind.BOOLEAN:
        if text not in (*_YES, *_NO):
            raise _RefusedError(f"“{wanted}” is neither true nor false")
        return text in _YES
    if tag.kind is TagKind.ENUMERATION:
        if str(wanted) not in tag.values:
            raise _RefusedError(f"“{wanted}” is none of {', '.join(tag.values)}")
        return str(wanted)
    if tag.kind is TagKind.TEXT:
        return str(wanted)
    if tag.kind is TagKind.WAVEFORM:
        raise _RefusedError("a waveform can't be commanded")
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        raise _RefusedError(f"“{wanted}” is no number") from None
    return _in_range(tag, number)


def _in_range(tag: Tag, number: float) -> Value:
    low, high = tag.range or (-math.inf, math.inf)
    if not math.isfinite(number) or not low <= number <= high:
        raise _RefusedError(f"{number:g} {tag.unit} is out of range; it goes from {low:g} to {high:g}")
    if tag.kind is TagKind.INTEGER:
        if number != int(number):
            raise _RefusedError(f"{number:g} is no whole number")
        return int(number)
    return number


def _same(read: object, wanted: Value, tag: Tag) -> bool:
    """As near as the tag is shown."""
    if isinstance(read, float) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return abs(read - float(wanted)) <= 0.5 * 10.0**-tag.decimals
    return read == wanted


def _plain(reading: Reading) -> Value | None:
    return reading.value if isinstance(reading.value, float | int | bool | str) else None
