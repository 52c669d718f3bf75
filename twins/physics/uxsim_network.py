"""A network of streets in UXsim (T. Seo, MIT licence): each vehicle by Newell's rule of following, one after the other."""

from __future__ import annotations

import sys

import numpy as np
import uxsim

from twins.physics.model import Array, Rows
from twins.physics.street_joints import Joints

_LONG_AGO = 1e12  # s: what UXsim does by itself from time to time (shortest paths, signals) it never does here
_STANDING = 0.3  # of the free speed; who is slower is in a queue


class _Driver(uxsim.Vehicle):  # type: ignore[misc]
    """Turns off by the shares, goes around what is closed, and keeps to what was chosen until that closes."""

    on, then = None, None

    def route_next_link_choice(self) -> None:
        if self.on is not self.link or self.then is None or not self.then.attribute.open:
            self.on, self.then = self.link, self.W.user_attribute.turn(self.link)
        self.route_next_link = self.then


class _End:
    """What UXsim carries along with a link: whether it may be driven into, and the share that goes on to each other link."""

    def __init__(self) -> None:
        self.open = True
        self.turns: list[tuple[float, uxsim.Link]] = []


class Network:
    """One member's world."""

    def __init__(self, joints: Joints, p: Rows, begins: float, seed: int) -> None:
        """Empty at `begins` (s since 1970 UTC). `p` (street,) of `Street.parameters`; one reaction time holds for all streets,
        so that waves travel as fast as the mean street's parameter says."""
        self._reaction = float(np.mean(1 / (p["wave_speed"] * p["jam_density"])))
        self._world = uxsim.World(
            deltan=1, reaction_time=self._reaction, duo_update_time=_LONG_AGO, instantaneous_TT_timestep_interval=sys.maxsize,
            eular_dt=_LONG_AGO, random_seed=seed, print_mode=0, save_mode=0, show_progress=0, tmax=self._reaction,
            vehicle_logging_timestep_interval=-1, reduce_memory_delete_vehicle_route_pref=True, user_attribute=self,
        )  # fmt: skip
        self._random = np.random.default_rng(seed)
        self._lanes = np.maximum(np.round(p["lanes"]), 1).astype(int)
        self._build(joints, p)
        self._world.finalize_scenario()
        self._world.TSIZE = sys.maxsize  # it goes on for as long as it is asked
        self._forget()
        self._begins, self._named, self._speeds = begins, 0, np.array(p["free_speed"], float)

    @property
    def step(self) -> float:
        """s."""
        return self._reaction

    @property
    def time(self) -> float:
        """s since 1970 UTC, how far it has come."""
        return self._begins + self._world.T * self._reaction

    def advance(self, arriving: Array, green: Array, p: Rows) -> None:
        """One step: (street,) who arrives outside, vehicles a second; the share of saturation that may pass the end; what the
        streets are like by now."""
        fewer = p["lanes"] / self._lanes
        for i, street in enumerate(self._streets):
            street.attribute.open = p["open"][i] > 0.5
            if p["free_speed"][i] != street.u:
                street.change_free_flow_speed(float(p["free_speed"][i]))
            street.capacity_out = street.capacity * (2.0 if fewer[i] > 0.99 else float(fewer[i]))  # twice: no bound, as in UXsim
            street.signal_group = [0] if green[i] >= 1 or self._random.random() < green[i] else []
            for _ in range(self._random.poisson(arriving[i] * self._reaction)):
                self._named += 1
                _Driver(self._world, self._entries[i].start_node, "away", self._world.TIME, name=str(self._named))
        self._world.exec_simulation(duration_t2=self._reaction)
        self._speeds = np.array([street.speed for street in self._streets])
        self._forget()

    def told(self) -> dict[str, Array]:
        """(street,) vehicles, their mean speed (m/s) in the last step, who waits outside, who came in and who left for good, and
        how long the queue is (m)."""
        outside = [len(entry.start_node.generation_queue) + _standing(entry) for entry in self._entries]
        return {
            "vehicles": np.array([len(street.vehicles) for street in self._streets], float),
            "moving": self._speeds,
            "entered": np.array([entry.cum_departure[-1] for entry in self._entries], float),
            "left": np.array([out.cum_arrival[-1] for out in self._exits], float),
            "waiting": np.array(outside, float),
            "queue": np.array([_standing(street) * street.delta for street in self._streets]),
        }

    def turn(self, link: uxsim.Link) -> uxsim.Link | None:
        """Where somebody at the end of `link` goes; None while there is nowhere to go to."""
        chances = [(share, to) for share, to in link.attribute.turns if to.attribute.open]
        drawn = self._random.random() * sum(share for share, _ in chances)
        for share, to in chances:
            drawn -= share
            if drawn < 0:
                return to
        return None

    def _build(self, joints: Joints, p: Rows) -> None:
        world, n = self._world, len(p["length"])
        world.addNode("away", 0, 0)
        nodes = joints.nodes(n)
        for node in np.unique(nodes):
            world.addNode(f"node {node}", 0, 0, signal=[_LONG_AGO, _LONG_AGO])
        self._streets, self._entries, self._exits = [], [], []
        for i in range(n):
            begin, end = (f"node {node}" for node in nodes[i])
            like = {"free_flow_speed": float(p["free_speed"][i]), "number_of_lanes": int(self._lanes[i]),
                    "jam_density_per_lane": float(p["jam_density"][i])}  # fmt: skip
            world.addNode(f"outside {i}", 0, 0)
            short = like["free_flow_speed"] * self._reaction
            lengths = {
                "in": (f"outside {i}", begin, short),
                "street": (begin, end, float(p["length"][i])),
                "out": (end, "away", short),
            }
            entry, street, out = (
                world.addLink(f"{what} {i}", *where, **like, attribute=_End()) for what, where in lengths.items()
            )
            entry.attribute.turns.append((1.0, street))
            self._entries.append(entry)
            self._streets.append(street)
            self._exits.append(out)
        for source, target, share in zip(joints.sources, joints.targets, joints.shares, strict=True):
            self._streets[source].attribute.turns.append((float(share), self._streets[target]))
        for street, out in zip(self._streets, self._exits, strict=True):
            street.attribute.turns.append((max(0.0, 1 - sum(share for share, _ in street.attribute.turns)), out))

    def _forget(self) -> None:
        """What UXsim keeps for its analyses would grow for ever."""
        world = self._world
        world.VEHICLES = world.VEHICLES_LIVING.copy()
        for link in world.LINKS:
            link.vehicles_enter_log.clear()
            link.traveltime_actual = np.empty(0)
            for kept in (link.cum_arrival, link.cum_departure, link.traveltime_instant):
                del kept[:-1]
        for node in world.NODES:
            node.signal_log.clear()


def _standing(link: uxsim.Link) -> int:
    return sum(vehicle.v < _STANDING * link.u for vehicle in link.vehicles)
