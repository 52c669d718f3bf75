"""Streets by UXsim, where it is installed: vehicle by vehicle, in the place of our own cells."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from twins.physics.model import Array, Rows, Variable, defaults, rows, stacked, wandered
from twins.physics.street import CELLS, Street, demand, green_share
from twins.physics.street_joints import NOWHERE, Joints

if TYPE_CHECKING:
    from twins.physics.uxsim_network import Network

_WORLDS = itertools.count(1)
_WARM = 180.0  # s that a network runs before it is first shown


class UxsimStreet(Street):
    """The same inputs, outputs and parameters as `Street`; whole vehicles that come by chance, follow each other and queue.

    What it carries is inside UXsim: `state` holds but the number of each member's network, so that a run can't fork from
    another's middle. Lanes are whole, `capacity_drop` is left out, and one reaction time holds for all streets. Some ms for a
    second of a district and a member: for studies, and for an emulated plant, not for ensembles.
    """

    states = (Variable("world", kept=True), *Street.states[CELLS:])
    longest_step = 60.0
    batched = False
    forkable = False
    needs = "uxsim"  # the library

    def __init__(self, joints: Joints = NOWHERE) -> None:
        super().__init__(joints)
        self._networks: dict[int, Network] = {}

    def begin(self, parameters: Array) -> Array:
        """Another network for each member."""
        state = defaults(self.states, *parameters.shape[1:])
        state[0] = [[next(_WORLDS)]] * state.shape[1]
        return state

    def advance(self, state: Array, inputs: Array, parameters: Array, t: float, dt: float, noise: Array) -> tuple[Array, Array]:
        """See `Model`; not pure, as what is inside UXsim goes on."""
        u, p, s = rows(self.inputs, inputs), rows(self.parameters, parameters), rows(self.states, state)
        surge = wandered(s["surge"], dt, 240.0, noise[0])
        arriving = demand(p, surge, t) * u["demand_factor"] + u["extra_demand"]
        each = [
            self._member(int(s["world"][m, 0]), arriving[m], _of(u, m), _of(p, m), t, dt, noise[0, m])
            for m in range(state.shape[1])
        ]
        seen = {name: np.stack([told[name] for told in each]) for name in each[0]}
        after = {**s, **seen, "surge": surge}
        told = self._told(after, seen["vehicles"] * seen["moving"], p, dt)
        return stacked(self.states, after, surge.shape), told

    def _member(self, world: int, arriving: Array, u: Rows, p: Rows, t: float, dt: float, noise: Array) -> dict[str, Array]:
        network = self._networks.get(world)
        if network is None:
            from twins.physics.uxsim_network import Network

            seed = int.from_bytes(np.ascontiguousarray(noise).tobytes()[:7], "little")
            network = self._networks[world] = Network(self._node.joints, p, t - dt - _WARM, seed)
        while network.time + network.step <= t + 1e-9:
            network.advance(arriving, green_share(u, p, network.time + network.step, network.step), p)
        return network.told()


def _of(values: Rows, member: int) -> Rows:
    return {name: each[member] for name, each in values.items()}
