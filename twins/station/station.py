"""The station: links, alarms, commands, desk and record tied together, without a window. It alone writes the plant's record."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twins.alarms import OPERATED, AlarmState, Batch, Rules, fold, operate, restored
from twins.asset import Twin
from twins.clock import HOUR, MINUTE, SECOND
from twins.commanding import Commander
from twins.historian.recording import RecordingError
from twins.links.link import Delivery, Link
from twins.prognosis.calls import Calls
from twins.record import Event, EventKind, Intention, IntentionKind, Samples, Waveform
from twins.record.snapshot import STATION
from twins.station.board import Board
from twins.station.clock import StationClock
from twins.station.committing import Committer
from twins.station.computing import Computing
from twins.station.counting import Counting
from twins.station.estimating import Estimating
from twins.station.ports import Log, Mailbox
from twins.station.predictors import Predictors
from twins.station.telling import Meter, answer_to, gap_event, heartbeat, link_event, rejected_events, station_event

PATIENCE = 0.05  # s: a commit is never further away
Flags = NDArray[np.bool_]


class Station:
    """One link, one desk, one record. `step` is one turn of the loop: everything that came becomes one durable commit, and only
    then is it acknowledged and are commands sent.
    """

    def __init__(
        self, twin: Twin, link: Link, desk: Mailbox, record: Log, clock: StationClock, version: str = "", *, patient: bool = False
    ) -> None:
        """`version` names the package that the models are made from. `patient`: predictors are waited for, whatever they take."""
        self._twin, self._link, self._desk, self._record, self.clock = twin, link, desk, record, clock
        self._computing = Computing(twin, link.channels)
        self._estimating = Estimating(twin, self._computing.channels, clock.monotonic)
        self._predictors = Predictors(twin, patient=patient)
        self._board = Board(self._estimating.channels)
        self._counting = Counting(link.channels, self._held)
        self._rules = Rules.of(twin, [link.name])
        self._watched = np.array([self._rules.places.get(c.path, -1) for c in self._estimating.channels], np.int32)
        self._alarms = AlarmState.initial(self._rules)
        self._commander, self._version = Commander(twin), version
        self._calls = Calls()
        self._meter = Meter(clock.monotonic)
        self._link_said: tuple[bool, str] | None = None
        self._committer = Committer(record, self._held, link.acknowledge, self._meter)
        self._told: list[Event] = []  # to be written with the next commit
        self._beat_at = self._saved_at = self._roll_at = 0  # on the clock that never jumps
        self.taken_over = False

    def start(self, counters: dict[str, int] | None = None, stored: dict[str, int] | None = None) -> None:
        """Takes up where the record ends: alarms, shelvings, open commands, newest values, counters."""
        now = self.clock.now()
        known = self._record.at(now)
        self._board.restore(known)
        self._alarms, ended = restored(self._rules, known, now)
        self._commander = Commander(self._twin, known.standing.of(EventKind.COMMAND))
        self._counting.restore(counters or {}, stored or {})
        self._calls = Calls(known.standing.of(EventKind.PREDICTION))
        untold = self._estimating.start(self._last_checkpoint(now), now, self._calls, self._version)
        self._told += [station_event(now, "started", "The station has started"), *ended, *self._commander.resume(now)]
        untold += self._predictors.start(self._record, self._calls, now)
        self._told += [*(station_event(now, "refused", sentence) for sentence in self._computing.refused), *untold]
        self._link.start()

    def recalibrate(self, twin: Twin, version: str) -> None:
        """The same twin with other parameters of its models: the estimator begins anew with them, and nothing else changes."""
        now = self.clock.now()
        said = f"Version {twin.model_version} of the models was taken up"
        self._told += [station_event(now, "recalibrated", said), *self._estimating.recalibrate(twin, now, self._calls, version)]

    def tell(self, state: str, sentence: str) -> None:
        """Something about the station that is to be recorded."""
        self._told.append(station_event(self.clock.now(), state, sentence))

    def step(self) -> None:
        """Waits for something worth a commit, at most PATIENCE, and commits it."""
        self._link.wait(PATIENCE)
        if not self._committer.settled():
            return
        self._meter.turn()
        now = self.clock.now()
        delivery = self._link.take(now)
        if (told := delivery.clock) is not None:
            if told != self.clock.twin:  # what came along with it was measured by it
                self.clock.keep(told)
                before, now = now, self.clock.now()
                delivery = replace(delivery, samples=delivery.samples.arrived(now, before))
            self._estimating.pace(told.rate)
            self._predictors.pace(told.rate)
        samples, events = self._judge(delivery, now)
        position = self._record.desk_position
        for taken, intention in self._desk.after(position):
            events += self._answer(intention, now)
            position = taken
        events += self._commander.pass_time(now)
        events += self._beat(now)
        if self._committer.write(samples, events, position, delivery.receipt):
            self._after_commit(now, len(samples) > 0)
        self.taken_over = self.taken_over or delivery.taken_over

    def stop(self) -> None:
        """The last commit: whoever opens the record later sees that the station ended and the link with it."""
        now = self.clock.now()
        said = [
            station_event(now, "stopped", "The station has stopped"),
            link_event(now, self._link.name, False, "the station stopped"),
        ]
        if self.taken_over:
            said.insert(0, station_event(now, "taken_over", "Another station has taken over the link of this one"))
        try:
            if self._committer.settled():
                self._record.append(Samples.empty(), [*self._told, *said])
                self._record.note_counters(self._counting.saved())
        finally:
            self._predictors.close()
            self._link.close()

    # what came from the plant

    def _judge(self, delivery: Delivery, now: int) -> tuple[Samples, list[Event]]:
        """The new samples with what is computed from them, and all that they mean."""
        events, self._told = self._told, []
        if delivery.simulated is not None and delivery.simulated != self._record.simulated:
            self._record.simulated = delivery.simulated
        new, missing = self._counting.judge(delivery, self._board)
        brought = delivery.samples.take(new)
        if missing or delivery.fresh_session:
            events.append(gap_event(now, self._link.name, missing, delivery.fresh_session))
        events += rejected_events(now, self._link.name, delivery.rejected)
        samples, saved = self._with_what_follows(brought, now)
        events += [*saved, *self._predictors.follow(samples, now)]
        self._alarms, raised = fold(
            self._rules, self._alarms, self._batch(samples), now, {self._link.name: self._link.state().up}
        )
        events += raised
        events += self._commander.hear(delivery.answers, now)
        return samples, events

    def _with_what_follows(self, brought: Samples, now: int) -> tuple[Samples, list[Event]]:
        """With what is computed and what is estimated from them."""
        channels = self._estimating.channels
        if len(brought):
            self._board.take(brought)
            computed = self._computing.derive(self._board, brought.channel, now)
            brought = replace(brought, channels=channels)
            if len(computed):
                brought = brought.followed_by([replace(computed, channels=channels)])
        estimated, events = self._estimating.follow(brought, now)
        if len(estimated):
            self._board.take(estimated)
            brought = brought.followed_by([estimated]) if len(brought) else estimated
        return brought, events

    def _last_checkpoint(self, now: int) -> Event | None:
        found = [event for event in self._record.events(now - HOUR, now + 1) if event.kind is EventKind.CHECKPOINT]
        return found[-1] if found else None

    def _batch(self, samples: Samples) -> Batch:
        if not len(samples):
            return Batch.empty()
        places = self._watched[samples.channel]
        rows = np.flatnonzero(places >= 0)
        return Batch(places[rows], self._board.values_of(samples)[rows], samples.quality[rows], samples.source[rows])

    def _held(self, samples: Samples) -> Flags:
        """Which of these are in the record to the bit."""
        order = samples.order()
        paths = sorted({samples.channels[i].path for i in np.unique(samples.channel)})
        stored = set(_facts(self._record.between(int(order.min()), int(order.max()) + 1, paths)))
        return np.array([fact in stored for fact in _facts(samples)], bool)

    # what came from the desk

    def _answer(self, intention: Intention, now: int) -> list[Event]:
        if intention.kind in OPERATED:
            if not intention.by.strip():
                return [answer_to(intention, now, "give your name first; it stands on everything you do")]
            self._alarms, events = operate(self._rules, self._alarms, intention, now)
            return list(events)
        if intention.kind is IntentionKind.COMMAND:
            return [self._commander.request(intention, self._record.at(now), now, self._link.state().up)]
        if intention.kind is IntentionKind.JUDGE:
            return [self._calls.judge(intention, now)]
        return [answer_to(intention, now)]

    # what is said once a second

    def _beat(self, now: int) -> list[Event]:
        state, events = self._link.state(), []
        if (state.up, state.reason) != self._link_said:
            self._link_said = (state.up, state.reason)
            events.append(link_event(now, self._link.name, state.up, state.reason, state.session))
        if self._meter.now - self._beat_at < SECOND:
            return events
        self._beat_at = self._meter.now
        self._link.beat()
        if jumped := self.clock.check():
            events.append(station_event(now, "clock_jumped", jumped))
        links = {self._link.name: (state, self._counting.missing, self._counting.repeated)}
        who = (STATION, platform.node(), os.getpid())
        events.append(heartbeat(now, *who, self.clock.twin, links, self._meter, simulated=self._record.simulated))
        return events

    # what is written

    def _after_commit(self, now: int, brought: bool) -> None:
        """Only what is on the disk may leave the house."""
        orders, sent = self._commander.release(now, self.clock.twin.rate)
        for order in orders:
            self._link.send(order)
        self._told += sent
        if brought and self._commander.open:
            self._told += self._commander.see(self._record.at(now), now)
        if self._meter.now >= self._roll_at:
            self._roll(self.clock.now())  # later than all that was just committed, which the new day knows
        if self._meter.now - self._saved_at > 10 * SECOND:
            self._saved_at = self._meter.now
            with contextlib.suppress(RecordingError):  # the next commit will tell
                self._record.note_counters(self._counting.saved())

    def _roll(self, now: int) -> None:
        """Another day, another file; where that can't be made, today's goes on and it is tried again in a minute."""
        try:
            self._record.roll_if_due(now)
        except RecordingError as problem:
            self._roll_at = self._meter.now + MINUTE
            self._told.append(station_event(now, "not_rolled", f"A new day's file could not be begun: {problem}"))


def _facts(samples: Samples) -> Iterator[tuple[str, int, object]]:
    """What each sample says, comparable between tables."""
    for row in range(len(samples)):
        value = samples.value(row)
        told = value.values.tobytes() if isinstance(value, Waveform) else value
        yield samples.channels[samples.channel[row]].path, int(samples.source[row]), told
