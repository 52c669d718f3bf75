"""Liveness: whether anybody answers at the other end of a link, by what was heard last and when; and if not, why."""

from __future__ import annotations

from twins import clock
from twins.clock import SECOND
from twins.links.mqtt.presence import ALIVE_S

LONGEST_WAIT_S = 10  # between two tries, where a broker that is there throws us out each time
_SHORT = 3 * SECOND
_GONE = -1


class Liveness:
    """Of one link. Instants are of the clock that never jumps, ns."""

    def __init__(self) -> None:
        self._up, self._why = False, "not connected yet"
        self._echo_at = self._plant_at = self._connected_at = 0
        self._looked_at = self._excuse = self._excused_until = 0
        self.strikes = 0  # so often in a row were we thrown out soon

    def connected(self) -> None:
        """The broker let us in."""
        self._up, self._why = True, ""
        self._connected_at, self._echo_at = clock.monotonic(), 0

    def lost(self, why: str) -> None:
        """The connection has ended, or none could be had."""
        self._up, self._why = False, why

    def thrown_out(self, *, broker_is_there: bool) -> int:
        """Seconds to wait before the next try. A broker that is there and ended a connection soon after it began did not do so by
        chance."""
        short = clock.monotonic() - self._connected_at < _SHORT
        self.strikes = 0 if not broker_is_there else self.strikes + 1 if short else 1
        return min(LONGEST_WAIT_S, 2 ** max(0, self.strikes - 1))

    def echoed(self) -> None:
        """Our own beat came back."""
        self._echo_at = clock.monotonic()

    def plant_spoke(self, *, down: bool) -> None:
        """Its heartbeat, or its last will."""
        self._plant_at = _GONE if down else clock.monotonic()

    def trouble(self) -> str:
        """Why the link is not up, "" where it is; to be asked about once a second."""
        now = self._look()
        patience = round(ALIVE_S * SECOND) + self._excuse
        if not self._up:
            return self._why
        if now - max(self._echo_at, self._connected_at) > patience:
            return "the broker does not answer"
        if self._plant_at == _GONE:
            return "the plant has gone"
        if self._plant_at and now - self._plant_at > patience:
            return "the plant's heartbeat is missing"
        return ""

    def _look(self) -> int:
        """Now. Who was held up itself for some seconds can't tell yet whether anybody else was: it waits as much longer."""
        now = clock.monotonic()
        late = now - self._looked_at - SECOND if self._looked_at else 0
        if late > 0 or now > self._excused_until:
            self._excuse, self._excused_until = max(0, min(late, round(ALIVE_S * SECOND))), now + SECOND
        self._looked_at = now
        return now
