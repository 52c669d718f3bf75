"""A production line: machines, conveyors, stores, supplies and exits that hand parts on, from event to event."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twins.physics.line_draws import SHAKES, Draws
from twins.physics.line_flow import ORDERS, Flow
from twins.physics.line_parts import NEVER, SLOTS, Parts
from twins.physics.line_routes import BOARD, CONVEYOR, EXIT, MACHINE, ROLES, SUPPLY, Routes
from twins.physics.line_telling import OUTPUTS, Passing, told
from twins.physics.model import Array, Rows, Variable, Wave, defaults, rows

LAWS = ("fixed", "lognormal", "exponential")
_SCALARS = (
    *("clock", "first", "inside", "fails_at", "repaired_at", "cause", "operations", "orders", "turn", "began", "cycle_time"),
    *("made", "scrapped", "joined", "taken", "stock", "tool_used", "tool_changes", "changes_known", "cutting", "lead_time"),
    *("busy", "blocked", "starved", "broken", "good_rate", "all_rate", "mean_power", "energy", "began_with"),
)


class ProductionLine:
    """Each instance is a station; `feeds` among them says who hands parts to whom. What a station is, its `role` says.

    A machine works on one part after the other, for a `cycle_time` of some law; what waits for it stands in its `capacity`. It
    `joins` one part of each that feeds it to one, finds flawed parts (`detection`), mends or rejects them, fails with use
    (`mtbf`, `mttr`), jams or loses parts by chance, and where it has a `tool_life` dulls its tool. A conveyor carries up to
    `capacity` parts in the order in which they came. A store keeps them. A supply releases one each `cycle_time` from a stock
    that is ordered anew in lots. A board is no station: it tells of the line as a whole, and its `line_speed` is that of all.
    """

    parameters = (
        Variable("role", words=ROLES),
        Variable("capacity", "", 1.0, 1.0, SLOTS, whole=True),
        Variable(
            "cycle_time", "s", 0.0, 0.0, 1e5
        ),  # at a speed of 1; of a conveyor how long it carries, of a supply how often it releases
        Variable("cycle_cv", "", 0.0, 0.0, 2.0),  # deviation / mean
        Variable("law", "", 1.0, words=LAWS),
        Variable("joins", "", 0.0, words=("any", "all")),
        Variable("mtbf", "s", 0.0, 0.0, 1e9),  # of work between failures; 0: it never fails
        Variable("mttr", "s", 300.0, 0.0, 1e6),
        Variable("repair_cv", "", 0.6, 0.0, 2.0),
        Variable("jam_chance", "", 0.0, 0.0, 1.0),  # a part
        Variable("jam_time", "s", 60.0, 0.0, 1e6),
        Variable("loss_chance", "", 0.0, 0.0, 1.0),  # a part
        Variable("scrap_chance", "", 0.0, 0.0, 1.0),  # a part, with a sharp tool
        Variable("wear_scrap", "", 0.0, 0.0, 1.0),  # more, where the tool is worn out
        Variable("detection", "", 0.0, 0.0, 1.0),  # of flawed parts
        Variable("rework", "", 0.0, 0.0, 1.0),  # the share of those that can be mended
        Variable("rework_time", "s", 60.0, 0.0, 1e5),
        Variable("tool_life", "s", 0.0, 0.0, 1e8, shown="min"),  # of cutting at a speed of 1; 0: it has no tool
        Variable("tool_change_time", "s", 240.0, 0.0, 1e5),
        Variable("wear_rate", "", 1.0, 0.05, 50.0),  # 1: as fast as the tool's maker says
        Variable("initial_stock", "", 0.0, 0.0, 1e9, whole=True),  # parts that are there at the beginning
        Variable("reorder_point", "", 0.0, 0.0, 1e9, whole=True),
        Variable("lot_size", "", 0.0, 0.0, 1e9, whole=True),  # 0: there is always enough
        Variable("lead_time", "s", 3_600.0, 0.0, 1e8, shown="min"),
        Variable("lead_cv", "", 0.1, 0.0, 2.0),
        Variable("lead_factor", "", 1.0, 0.0, 100.0),  # 1: suppliers keep their word
        Variable("working_power", "W", 0.0, 0.0, 1e8, shown="kW"),
        Variable("idle_power", "W", 0.0, 0.0, 1e8, shown="kW"),
        Variable("stopped_power", "W", 0.0, 0.0, 1e8, shown="kW"),
        Variable("shaking", "m/s", 0.0012, 0.0, 1.0, shown="mm/s"),  # of a sharp tool
        Variable("spindle_rise", "K", 22.0, 0.0, 300.0),  # over the air, where it always cuts
        Variable("spindle_time_constant", "s", 900.0, 1.0, 1e6),
        Variable("spindle_rated_speed", "rad/s", 0.0, 0.0, 1e5, shown="rpm"),
        Variable("length", "m", 1.0, 0.0, 1e4),
    )
    inputs = (
        Variable("line_speed", "", 1.0, 0.05, 3.0),  # given to a board: of all stations
        Variable("speed", "", 1.0, 0.05, 3.0),
        Variable("running", "", 1.0, 0.0, 1.0),  # 0: stopped from outside
        Variable("tool_change_at", "", 1.0, 0.05, 5.0),  # a tool is changed when it has cut for this share of its life
        Variable("air_temperature", "K", 295.15),
    )
    states = (
        *(Variable(name, kept=True) for name in _SCALARS),
        Variable("tool_wear", "", 0.0, 0.0, 20.0),
        Variable("spindle_temperature", "K", 300.15),
        *(Variable(f"arrives_{k}", "s", NEVER, kept=True) for k in range(ORDERS)),
        *(Variable(f"entered_{k}", "s", kept=True) for k in range(SLOTS)),
        *(Variable(f"ready_{k}", "s", NEVER, kept=True) for k in range(SLOTS)),
        *(Variable(f"sort_{k}", kept=True) for k in range(SLOTS)),
    )
    outputs: tuple[Variable, ...] = OUTPUTS
    waves: tuple[Wave, ...] = ()
    noises = 1
    keyed = True
    related = "feeds"
    longest_step = 600.0
    batched = True
    forkable = True

    def __init__(self, names: Sequence[str] = (), routes: Routes | None = None) -> None:
        self._names, self._routes = tuple(names), routes
        self.outputs = tuple(
            Variable(each.name, words=("none", *self._names)) if each.name == "bottleneck" else each for each in OUTPUTS
        )

    def joined(
        self, names: Sequence[str], pairs: Sequence[tuple[int, int]], parameters: Array, shares: Sequence[float] = ()
    ) -> ProductionLine:
        """The line of these stations, whatever the shares; `pairs` are (subject, object). Raises ValueError in one sentence."""
        routes, p = Routes.of(names, pairs), rows(self.parameters, parameters[:, 0])
        routes.refuse(names, p["role"], p["joins"])
        return ProductionLine(names, routes)

    def begin(self, parameters: Array) -> Array:
        """A line with the parts that are there at the beginning: one behind the other on conveyors, waiting elsewhere."""
        state, p = defaults(self.states, *parameters.shape[1:]), rows(self.parameters, parameters)
        supplies = p["role"] == SUPPLY
        state[_ROW["stock"]] = np.where(supplies, p["initial_stock"], 0.0)
        here = np.where(supplies | (p["role"] >= EXIT), 0.0, np.floor(np.minimum(p["initial_stock"], p["capacity"])))
        state[_ROW["inside"]] = state[_ROW["began_with"]] = here
        along = (np.arange(SLOTS).reshape(-1, 1, 1) + 1) / np.maximum(here, 1.0) * p["cycle_time"]
        state[_READY : _READY + SLOTS] = np.where(p["role"] == MACHINE, NEVER, np.where(p["role"] == CONVEYOR, along, 0.0))
        state[_ROW["spindle_temperature"]] = 295.15 + 0.3 * p["spindle_rise"]
        return state

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`; `noise` are keys: numbers that only name the seed, the member and the station."""
        after, shape = state.copy(), state.shape[1:]
        p, u = rows(self.parameters, parameters), rows(self.inputs, inputs)
        s = dict(zip(_ROW, after, strict=True))
        np.clip(np.rint(s["inside"], out=s["inside"]), 0, SLOTS, out=s["inside"])
        self._take_changes(s)
        routes = self._routes or Routes.of([str(i) for i in range(shape[1])], ())
        entered, ready, sort = (after[first : first + SLOTS] for first in (_ENTERED, _READY, _SORT))
        parts = Parts(entered, ready, sort, s["first"], s["inside"])
        flow = Flow(routes, s, parts, after[_ARRIVES : _ARRIVES + ORDERS], p, {**u, **_paced(p, u)}, noise[0])
        passing = Passing(flow)
        flow.run(dt, passing)
        s["clock"][:] = flow.now
        shaken = Draws(noise[0].ravel(), s["operations"].ravel()).normal(SHAKES).reshape(shape)
        return after, told(self.outputs, flow, passing, shaken, len(self._names))

    def _take_changes(self, s: Rows) -> None:
        """A tool that was changed elsewhere (it is counted) is new."""
        changed = s["tool_changes"] != s["changes_known"]
        for name in ("tool_wear", "tool_used"):
            s[name][changed] = 0.0
        s["changes_known"][:] = s["tool_changes"]


def _paced(p: Rows, u: Rows) -> dict[str, Array]:
    """How fast each station is: as is said there, and for the whole line. A supply keeps the line's pace, too."""
    boards = p["role"] == BOARD
    line = np.where(boards, u["line_speed"], 1.0).prod(axis=1, keepdims=True)
    return {"pace": np.maximum(u["speed"] * line, 0.05), "tool_change_at": np.maximum(u["tool_change_at"], 0.05)}


_ROW = {variable.name: k for k, variable in enumerate(ProductionLine.states)}
_ARRIVES, _ENTERED, _READY, _SORT = (_ROW[f"{name}_0"] for name in ("arrives", "entered", "ready", "sort"))
