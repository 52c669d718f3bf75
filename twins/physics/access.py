"""A door with a reader of badges: it counts who goes in, opens for them, and tells when it is opened otherwise."""

from __future__ import annotations

import numpy as np

from twins.physics.model import Array, Rows, Variable, Wave, rows, stacked, wandered
from twins.physics.zone import busy


class AccessDoor:
    """Crossings are a Poisson process by thinning: their rate follows how quickly people come and go, and a few that fetch lunch.
    The alarm is armed out of hours; an opening without a badge then is an intrusion, and stands until it is disarmed."""

    parameters = (
        Variable("share", "", 0.5, 0.0, 1.0),  # of all people who take this door
        Variable("people", "", 120.0, 0.0, 1e5),  # who work here
        Variable("forced", "", 0.0, 0.0, 1.0),
        Variable("opens", "", 6.0, 0.0, 24.0),
        Variable("closes", "", 20.0, 0.0, 24.0),
    )
    states = (
        Variable("open_for", "s", kept=True),
        Variable("entries", kept=True),
        Variable("intruded", kept=True),
        Variable("luck"),
    )
    inputs = (
        Variable("hour", "", 12.0),
        Variable("workday", "", 1.0),
        Variable("attendance", "", 0.65, 0.0, 1.5),
        Variable("armed_always", "", 0.0, 0.0, 1.0),
    )
    outputs = (
        Variable("door", words=("closed", "open")),
        Variable("entries"),
        Variable("armed", words=("no", "yes")),
        Variable("forced_open", words=("no", "yes")),
        Variable("intrusion", words=("no", "yes")),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 60.0
    batched = True
    forkable = True

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        s, u, p = rows(self.states, state), rows(self.inputs, inputs), rows(self.parameters, parameters)
        luck = wandered(s["luck"], dt, 4.0, noise[0])
        expected = _rate(u, p) * dt
        passes = np.where(dt > 20.0, expected, (_uniform(noise[0]) < 1 - np.exp(-expected)).astype(float))
        outside = (u["hour"] < p["opens"]) | (u["hour"] >= p["closes"]) | (u["workday"] < 0.5)
        armed = outside | (u["armed_always"] > 0.5)
        forced = p["forced"] > 0.5
        open_for = np.where(passes > 0.5, 6.0, np.maximum(s["open_for"] - dt, 0.0))
        intruded = np.where(armed & forced, 1.0, np.where(armed, s["intruded"], 0.0))
        coming = busy(u["hour"] + 0.25, u["workday"]) >= busy(u["hour"], u["workday"])
        after = {"open_for": open_for, "entries": s["entries"] + passes * coming, "intruded": intruded, "luck": luck}
        told = {
            "door": ((open_for > 0) | forced).astype(float),
            "entries": after["entries"],
            "armed": armed.astype(float),
            "forced_open": forced.astype(float),
            "intrusion": intruded,
        }
        shape = state.shape[1:]
        return stacked(self.states, after, shape), stacked(self.outputs, told, shape)


def _rate(u: Rows, p: Rows) -> Array:
    """Crossings a second: the change of who is there, and now and then somebody."""
    soon, now = busy(u["hour"] + 0.1, u["workday"]), busy(u["hour"], u["workday"])
    return p["share"] * p["people"] * u["attendance"] * (np.abs(soon - now) / 360.0 + 0.02 * now / 360.0)


def _uniform(normal: Array) -> Array:
    """Φ(z) by Bowling et al. (2009): within 0.0002."""
    return 1 / (1 + np.exp(-(1.5976 * normal + 0.07056 * normal**3)))
