"""What a line tells: where its time goes, its figures over the last quarter of an hour, and its tools."""

from __future__ import annotations

import numpy as np

from twins.physics.line_flow import CHANGING, FAILED, JAMMED, Flow
from twins.physics.line_parts import NEVER
from twins.physics.line_routes import BOARD, CONVEYOR, EXIT, MACHINE, STORE, SUPPLY
from twins.physics.model import Array, Rows, Truths, Variable, approached, stacked

SPAN = 900.0  # s: what shares and rates look back on
_CUT = 60.0  # s
_DULL_POWER, _DULL_HEAT, _DULL_SHAKING = 0.35, 0.6, 1.6  # what a tool that is worn out adds
PLACES = 6
STATES = ("stopped", "starved", "working", "blocked", "failed", "jammed", "tool change")
STOPPED, STARVED, WORKING, BLOCKED, BROKEN, STUCK, TOOLING = range(7)

OUTPUTS = (
    Variable("state", words=STATES),
    *(Variable(name) for name in ("inside", "queue", "places", "stock", "on_order", "made", "scrapped", "joined", "taken")),
    Variable("cycle_time", "s"),
    Variable("cycle_phase"),  # 0…1 of the operation that goes on
    *(
        Variable(name)
        for name in ("utilisation", "availability", "performance", "quality", "oee", "blocked_share", "starved_share")
    ),
    *(Variable(name) for name in ("tool_wear", "tool_used", "tool_changes", "cutting")),
    Variable("spindle_speed", "rad/s"),
    Variable("spindle_temperature", "K"),
    Variable("spindle_vibration", "m/s"),
    Variable("power", "W"),
    Variable("energy", "J"),
    *(Variable(f"place_{k}", "m") for k in range(1, PLACES + 1)),  # how far on a conveyor the parts from its end on are; −1: none
    # of the line as a whole
    Variable("throughput", "1/s"),
    Variable("parts_in_line"),
    Variable("released"),
    Variable("shipped"),
    Variable("lost"),
    Variable("unaccounted"),  # parts in less parts out, scrap, what was joined and what is in the line
    Variable("lead_time", "s"),
    Variable("line_oee"),
    Variable("energy_per_part", "J"),
    Variable("bottleneck", words=("none",)),
)


class Passing:
    """Keeps account while nothing happens: shares, rates, energy, the tool and its spindle."""

    def __init__(self, flow: Flow) -> None:
        self._flow, self._p, self._s = flow, flow.p, flow.s
        self._tooled = flow.p["tool_life"] > 0
        self._tools = bool(self._tooled.any())
        self._at_work = (flow.role == EXIT) | (flow.role == BOARD)
        self._stores = flow.role == STORE
        self.power: Array = np.zeros(flow.speed.shape)
        self.state: Array = np.zeros(flow.speed.shape)

    def __call__(self, since: Array, d: Array) -> None:
        """`d` s pass from `since` on; both (member, 1)."""
        s, state = self._s, self.look(since)
        kept = np.exp(-d / SPAN)
        for name, counts in _COUNTS.items():
            s[name] *= kept
            s[name] += counts[state] * (1 - kept)
        s["good_rate"] *= kept
        s["all_rate"] *= kept
        s["mean_power"] += (self.power - s["mean_power"]) * (1 - kept)
        s["energy"] += self.power * d
        if self._tools:
            self._cut(d, state == WORKING)

    def look(self, now: Array) -> Array:
        """What every station does from `now` (member, 1) on, (member, station), and what power it takes."""
        flow, p = self._flow, self._p
        parts = flow.parts
        waits = parts.leaves <= now
        state = np.where(waits, BLOCKED, np.where(parts.leaves < NEVER, WORKING, STARVED))
        held = np.where(parts.count >= p["capacity"], BLOCKED, np.where(parts.count > 0, WORKING, STARVED))
        state = np.where(self._stores, held, state)
        state = np.where(flow.down(now), _DOWN[self._s["cause"].astype(np.intp)], state)
        state = np.where(self._at_work, WORKING, state)
        state = np.where(flow.runs, state, STOPPED)
        worn = 1 + _DULL_POWER * self._s["tool_wear"] * self._tooled
        off = (state == STOPPED) | (state == TOOLING)
        self.power = np.where(state == WORKING, p["working_power"] * worn, np.where(off, p["stopped_power"], p["idle_power"]))
        self.state = state
        return state

    def _cut(self, d: Array, works: Truths) -> None:
        """Wear grows with the time in cut and the fourth power of speed: Taylor's v·Tⁿ = C with n = 0.25 (carbide in steel). What
        goes in is the share in cut over a minute, since that can be measured."""
        s, p, target = self._s, self._p, (works & self._tooled).astype(float)
        kept = np.exp(-d / _CUT)
        in_cut = target * d + (s["cutting"] - target) * _CUT * (1 - kept)
        s["cutting"] += (target - s["cutting"]) * (1 - kept)
        used = in_cut * self._flow.speed**4 / np.where(self._tooled, p["tool_life"], 1.0)
        s["tool_used"] += used
        s["tool_wear"] += used * p["wear_rate"]
        warm = self._flow.u["air_temperature"] + p["spindle_rise"] * s["cutting"] * (1 + _DULL_HEAT * s["tool_wear"])
        s["spindle_temperature"][:] = approached(s["spindle_temperature"], warm, d, p["spindle_time_constant"])


_COUNTS = {  # which states count for which share
    name: np.isin(range(len(STATES)), codes).astype(float)
    for name, codes in (
        ("busy", [WORKING]), ("blocked", [BLOCKED]), ("starved", [STARVED]), ("broken", [STOPPED, BROKEN, STUCK, TOOLING]),
    )
}  # fmt: skip
_DOWN = np.array([WORKING, BROKEN, STUCK, TOOLING])
assert (FAILED, JAMMED, CHANGING) == (1, 2, 3)


def told(outputs: tuple[Variable, ...], flow: Flow, passing: Passing, shaken: Array, stations: int) -> Array:
    """All outputs, (output, member, station)."""
    s, state = flow.s, passing.look(flow.now)
    values = {**_own(flow, state, passing.power), **_judged(flow), **_tools(flow, state, shaken), **_places(flow)}
    line = _whole(flow, values, stations)
    return stacked(outputs, {**values, **line}, s["clock"].shape)


def _own(flow: Flow, state: Array, power: Array) -> dict[str, Array]:
    s, parts = flow.s, flow.parts
    begun = (parts.leaves < NEVER) & (flow.role == MACHINE)
    lasts = np.maximum(parts.leaves - s["began"], 1e-9)
    phase = np.where(begun, np.clip((flow.now - s["began"]) / lasts, 0.0, 1.0), 0.0)
    return {
        **{name: s[name] for name in ("stock", "made", "scrapped", "joined", "taken", "cycle_time", "energy")},
        "state": state,
        "inside": parts.count,
        "places": np.ceil(flow.p["capacity"]),
        "queue": parts.count - begun,
        "on_order": (flow.arrives < NEVER).sum(axis=0) * flow.p["lot_size"],
        "cycle_phase": phase,
        "power": power,
    }


def _judged(flow: Flow) -> dict[str, Array]:
    """Availability, performance, quality and their product (ISO 22400-2), over the last quarter of an hour."""
    s, p = flow.s, flow.p
    known = np.maximum(-np.expm1(-flow.now / SPAN), 1e-9)
    up = np.clip(1 - s["broken"] / known, 0.0, 1.0)
    rate = s["all_rate"] / known / SPAN
    works = (flow.role == MACHINE) & (p["cycle_time"] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        performance = np.where(works, p["cycle_time"] * rate / np.maximum(up, 1e-3), s["busy"] / known)
        quality = np.where(s["all_rate"] > 1e-6, s["good_rate"] / s["all_rate"], 1.0)
    performance = np.clip(performance, 0.0, 1.25)
    shares = {"utilisation": s["busy"], "blocked_share": s["blocked"], "starved_share": s["starved"]}
    return {
        **{name: share / known for name, share in shares.items()},
        "availability": up, "performance": performance, "quality": quality, "oee": up * performance * quality,
    }  # fmt: skip


def _tools(flow: Flow, state: Array, shaken: Array) -> dict[str, Array]:
    s, p = flow.s, flow.p
    dull = 1 + _DULL_SHAKING * s["tool_wear"] ** 2
    return {
        **{name: s[name] for name in ("tool_wear", "tool_used", "tool_changes", "cutting", "spindle_temperature")},
        "spindle_speed": p["spindle_rated_speed"] * flow.speed * (state == WORKING),
        "spindle_vibration": p["shaking"] * flow.speed * dull * np.exp(0.03 * shaken),
    }


def _places(flow: Flow) -> dict[str, Array]:
    """How far along its conveyor each of the first parts is; those that wait stand one behind the other."""
    parts, p = flow.parts, flow.p
    nth = np.arange(PLACES)[:, None, None]
    slot = ((parts.first + nth) % len(parts.ready)).astype(np.intp)
    ready = np.take_along_axis(parts.ready, slot, axis=0)
    transit = np.maximum(p["cycle_time"] / flow.speed, 1e-6)
    share = np.minimum(1 - (ready - flow.now) / transit, 1 - nth / p["capacity"])
    there = (flow.role == CONVEYOR) & (parts.count > nth)
    found = np.where(there, np.clip(share, 0.0, 1.0) * p["length"], -1.0)
    return {f"place_{k + 1}": each for k, each in enumerate(found)}


def _whole(flow: Flow, own: Rows, stations: int) -> dict[str, Array]:
    """Of the line; the same at each of its stations."""
    s, role = flow.s, flow.role
    exits, supplies, flows = role == EXIT, role == SUPPLY, role != BOARD
    known = np.maximum(-np.expm1(-flow.now / SPAN), 1e-9)
    inside = np.where(supplies, 0.0, own["inside"]).sum(axis=1, keepdims=True)
    released = s["made"][:, supplies].sum(axis=1, keepdims=True)
    shipped = s["made"][:, exits].sum(axis=1, keepdims=True)
    lost, joined = (s[name].sum(axis=1, keepdims=True) for name in ("scrapped", "joined"))
    rate = s["good_rate"][:, exits].sum(axis=1, keepdims=True) / known / SPAN
    power = s["mean_power"][:, flows].sum(axis=1, keepdims=True) / known
    active = np.where(role == MACHINE, own["utilisation"] + s["broken"] / known, -1.0)
    worst = active.argmax(axis=1)[:, None]
    return {
        "throughput": rate,
        "parts_in_line": inside,
        "released": released,
        "shipped": shipped,
        "lost": lost,
        "unaccounted": s["began_with"].sum(axis=1, keepdims=True) + released - shipped - lost - joined - inside,
        "lead_time": s["lead_time"][:, exits].max(axis=1, keepdims=True) if exits.any() else 0 * rate,
        "line_oee": np.take_along_axis(own["oee"], worst, axis=1),
        "energy_per_part": power / np.maximum(rate, 1 / SPAN),
        "bottleneck": np.where(np.take_along_axis(active, worst, axis=1) > 0, worst + 1.0, 0.0) * (stations > 0),
    }
