"""Traffic in a network of streets, by the cell transmission model.

C. F. Daganzo, “The cell transmission model”, Transportation Research B 28 (1994) and, for networks, B 29 (1995): a street is
a row of cells; what passes between two of them is the least of what the one can send and the other can receive, which solves
the kinematic wave equation of Lighthill, Whitham and Richards for a triangular fundamental diagram. Vehicles are conserved to
the last bit of rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np

from twins.physics.exhaust import exhaust
from twins.physics.model import Array, Rows, Variable, Wave, approached, defaults, rows, stacked, wandered
from twins.physics.street_joints import NOWHERE, Ends, Joints

CELLS = 6
_DAY = 86_400.0
_SMOOTHED = 90.0  # s, over which a detector averages
_OUT_OF_ORDER = 0.22  # the share of saturation that an approach has at a junction without signals (all stop, in turn)
_SERVICE = ("A", "B", "C", "D", "E", "F")
_AT_LEAST = (0.80, 0.67, 0.50, 0.40, 0.30)  # of the free speed, levels A … E (HCM 2016, urban streets)
_HOURS = np.array([0.12, 0.08, 0.06, 0.06, 0.10, 0.25, 0.60, 0.95, 1.00, 0.78, 0.66, 0.68, 0.74, 0.72, 0.74, 0.82, 0.94, 1.00,
                   0.84, 0.62, 0.46, 0.36, 0.27, 0.18])  # fmt: skip  # of the peak's traffic, by the hour of the day


_ROUNDED = 0.005  # shares of two or three decimals may add up to so much more


class Street:
    """Each instance is one direction of a street between two junctions, in six cells.

    Of those who reach its end the share of each `turns_to` goes there and the rest leaves the district; nobody turns into
    what is closed. Who wants to turn where there is no room holds up all behind (first in, first out). `demand` arrives
    at its beginning by the hour of the day, and waits outside where there is no room. Steps are parted so that nobody
    passes a cell in less than one.
    """

    related = "turns_to"
    parameters = (
        Variable("length", "m", 100.0, 10.0, 10_000.0),
        Variable("lanes", "", 1.0, 0.1, 10.0),
        Variable("free_speed", "m/s", 50 / 3.6, 1.0, 60.0, shown="km/h"),
        Variable("wave_speed", "m/s", 20 / 3.6, 0.5, 20.0, shown="km/h"),
        Variable("jam_density", "1/m", 0.13, 0.01, 1.0, shown="1/km"),  # vehicles on a lane that stands
        Variable("capacity_drop", "", 0.0, 0.0, 0.5),  # the share of capacity that a queue loses where it dissolves
        Variable("open", "", 1.0, 0.0, 1.0),  # 0: closed to who would enter
        Variable("demand", "1/s", 0.0, 0.0, 5.0, shown="1/h"),  # who enters here from outside, at the day's peak
        Variable("demand_spread", "", 0.12, 0.0, 1.0),
        Variable("utc_offset", "s", 3_600.0, -50_400.0, 50_400.0, shown="h"),  # of the hours that people live by
        Variable("phase", "", -1.0, -1.0, 1.0),  # of the signals at its end: 0 main, 1 side, −1 none
    )
    states = (
        *(Variable(f"vehicles_{k + 1}", "") for k in range(CELLS)),
        Variable("waiting"),
        Variable("surge"),
        Variable("speed", "m/s", 50 / 3.6),
        Variable("flow", "1/s"),
        Variable("delayed"),
        Variable("entered", "", kept=True),
        Variable("left", "", kept=True),
    )
    inputs = (
        Variable("cycle", "s", 80.0, gathered="controls"),
        Variable("main_green", "", 0.5, gathered="controls"),
        Variable("offset", "s", 0.0, gathered="controls"),
        Variable("lost_time", "s", 4.0, gathered="controls"),
        Variable("working", "", 1.0, gathered="controls"),
        Variable("demand_factor", "", 1.0, 0.0, 10.0),
        Variable("extra_demand", "1/s", 0.0, 0.0, 5.0, shown="1/h"),
    )
    outputs = (
        Variable("speed", "m/s"),
        Variable("flow", "1/s"),
        Variable("density", "1/m"),
        Variable("vehicles"),
        Variable("waiting"),
        Variable("queue", "m"),
        Variable("travel_time", "s"),
        Variable("travelled", "m/s"),
        Variable("delayed"),  # vehicles that would be gone at free speed: s lost a second
        Variable("level_of_service", words=_SERVICE),
        Variable("nox", "g/s"),
        Variable("particles", "g/s"),
        Variable("carbon_dioxide", "g/s"),
        Variable("entered"),
        Variable("left"),
    )
    waves: tuple[Wave, ...] = ()
    noises = 1
    longest_step = 5.0
    batched = True
    forkable = True

    def __init__(self, joints: Joints = NOWHERE) -> None:
        self._node = Ends.of(joints)

    def begin(self, parameters: Array) -> Array:
        """Some traffic, so that the first minutes are not those of a deserted place."""
        p, state = rows(self.parameters, parameters), defaults(self.states, *parameters.shape[1:])
        state[:CELLS] = 0.35 * _capacity(p) / p["free_speed"] * p["length"] / CELLS
        state[[each.name for each in self.states].index("entered")] = state[:CELLS].sum(axis=0)
        return state

    def joined(self, names: Sequence[str], pairs: Sequence[tuple[int, int]], parameters: Array, shares: Sequence[float]) -> Self:
        """The streets of one network. Raises ValueError where more would turn off than reach a street's end."""
        ends = np.array(pairs, np.intp).reshape(-1, 2)
        turning = np.bincount(ends[:, 0], shares, len(names))
        if turning.max(initial=0.0) > 1 + _ROUNDED:
            street = int(turning.argmax())
            off = f"what turns off at the end of {names[street]} adds up to {turning[street]:.4g}"
            raise ValueError(f"{off}; write shares that add up to 1 at most")
        return type(self)(Joints(ends[:, 0], ends[:, 1], np.array(shares, float)))

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`."""
        u, p, s = rows(self.inputs, inputs), rows(self.parameters, parameters), rows(self.states[CELLS:], state[CELLS:])
        cells, waiting, entered, left = state[:CELLS].copy(), s["waiting"], s["entered"], s["left"]
        passed = np.zeros_like(waiting)
        surge = wandered(s["surge"], dt, 240.0, noise[0])
        arriving = demand(p, surge, t) * u["demand_factor"] + u["extra_demand"]
        steps = math.ceil(dt * float(np.max(np.maximum(p["free_speed"], p["wave_speed"]) * CELLS / p["length"])) - 1e-9)
        for k in range(steps):
            h = dt / steps
            share = green_share(u, p, t - dt + (k + 1) * h, h)
            cells, waiting, came, went, moved = self._moved(cells, waiting + arriving * h, share, p, h)
            entered, left, passed = entered + came, left + went, passed + moved
        travelled = passed * p["length"] / CELLS / dt  # vehicle metres a second
        full = cells > 1.05 * _capacity(p) / p["free_speed"] * p["length"] / CELLS
        after = {**s, "waiting": waiting, "surge": surge, "entered": entered, "left": left}
        after |= {"vehicles": cells.sum(axis=0), "queue": full.sum(axis=0) * p["length"] / CELLS}
        told = self._told(after, travelled, p, dt)
        return np.concatenate([cells, stacked(self.states[CELLS:], after, waiting.shape)]), told

    def _moved(self, cells: Array, waiting: Array, green: Array, p: Rows, h: float) -> tuple[Array, Array, Array, Array, Array]:
        """(cells, who waits outside, who came in from there, who left the district, cells that were passed) after `h` seconds."""
        length, capacity = p["length"] / CELLS, h * _capacity(p)
        critical = _capacity(p) / p["free_speed"] * length
        most = capacity * np.where(cells > critical, 1 - p["capacity_drop"], 1.0)
        sent = np.minimum(cells * (h * p["free_speed"] / length), most)
        room = np.minimum((p["jam_density"] * p["lanes"] * length - cells) * (h * p["wave_speed"] / length), capacity)
        within = np.minimum(sent[:-1], room[1:])
        outside = np.minimum(waiting, capacity)
        out, turned, came, gone = self._passed(sent[-1] * green, outside, room[0] * p["open"], p["open"])
        inflow = np.concatenate([(turned + came)[None], within])
        outflow = np.concatenate([within, out[None]])
        return cells + inflow - outflow, waiting - came, came, gone, outflow.sum(axis=0)

    def _passed(self, sent: Array, outside: Array, room: Array, is_open: Array) -> tuple[Array, Array, Array, Array]:
        """(out of each street, turned into each, in from outside, out of the district) at the ends of all streets."""
        node, n = self._node, sent.shape[1]
        sources, targets, shares = node.joints.sources, node.joints.targets, node.joints.shares
        weight = shares * is_open[:, targets]
        leaving = np.maximum(1 - node.out_of(np.broadcast_to(shares, weight.shape), n, 0.0, np.add), 0.0)
        whole = node.out_of(weight, n, 0.0, np.add) + leaving
        share = weight / np.maximum(whole, 1e-12)[:, sources]
        wanted = node.into(share * sent[:, sources], n) + outside
        fits = np.where(wanted > room, room / np.maximum(wanted, 1e-12), 1.0)
        held = np.where(share > 0, fits[:, targets], 1.0)
        out = sent * node.out_of(held, n, 1.0, np.minimum) * (whole > 0)
        turned = node.into(share * out[:, sources], n)
        return out, turned, outside * fits, out * leaving / np.maximum(whole, 1e-12)

    def _told(self, after: dict[str, Array], travelled: Array, p: Rows, dt: float) -> Array:
        """Outputs from vehicles, queue (m) and what was travelled; smooths speed, flow and delay in `after`."""
        vehicles = after["vehicles"]
        moving = np.where(vehicles > 0.05, travelled / np.maximum(vehicles, 0.05), p["free_speed"])
        after["speed"] = approached(after["speed"], np.minimum(moving, p["free_speed"]), dt, _SMOOTHED)
        after["flow"] = approached(after["flow"], travelled / p["length"], dt, _SMOOTHED)
        held = np.maximum(vehicles - travelled / p["free_speed"], 0)
        after["delayed"] = approached(after["delayed"], held, dt, _SMOOTHED)
        ratio = after["speed"] / p["free_speed"]
        told = {
            **after,
            "density": vehicles / p["length"],
            "travel_time": p["length"] / np.maximum(after["speed"], 0.3),
            "travelled": after["flow"] * p["length"],
            "delayed": after["delayed"] + after["waiting"],
            "level_of_service": np.sum([ratio < least for least in _AT_LEAST], axis=0).astype(float),
            **exhaust(vehicles, travelled, moving),
        }
        return stacked(self.outputs, told, vehicles.shape)


def demand(p: Rows, surge: Array, t: float) -> Array:
    """Vehicles a second from outside, by the hour of the day, livelier or calmer by `surge`."""
    hour = ((t + p["utc_offset"]) % _DAY) / 3_600
    usual = np.interp(hour, np.arange(25), np.append(_HOURS, _HOURS[0]))
    return p["demand"] * usual * np.maximum(1 + p["demand_spread"] * surge, 0)


def _capacity(p: Rows) -> Array:
    """Vehicles a second where density is critical, the tip of the triangle."""
    v, w = p["free_speed"], p["wave_speed"]
    return v * w / (v + w) * p["jam_density"] * p["lanes"]


def green_share(u: Rows, p: Rows, t: float, h: float) -> Array:
    """The share of the last `h` seconds in which who is at the end may go; exact, however the cycle lies in it."""
    signalled = (p["phase"] >= 0) & (u["cycle"] > 1)
    cycle = np.where(signalled, u["cycle"], 80.0)
    main = np.clip(u["main_green"], 0.0, 1.0) * cycle
    begins = np.where(p["phase"] > 0.5, main, 0.0)
    lasts = np.maximum(np.where(p["phase"] > 0.5, cycle - main, main) - u["lost_time"], 0.0)
    share = (_gone(t - u["offset"] - begins, cycle, lasts) - _gone(t - h - u["offset"] - begins, cycle, lasts)) / h
    return np.where(signalled, np.where(u["working"] > 0.5, np.clip(share, 0.0, 1.0), _OUT_OF_ORDER), 1.0)


def _gone(t: Array, cycle: Array, lasts: Array) -> Array:
    """s of green until t."""
    cycles, within = np.divmod(t, cycle)
    return cycles * lasts + np.minimum(within, lasts)
