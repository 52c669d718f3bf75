"""Flow: the events of a line in their order, for all members at once; each has its own clock to its next event."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twins.physics import line_draws as draws
from twins.physics.line_draws import Draws
from twins.physics.line_parts import FLAWED, LOST, NEVER, REJECTED, SOUND, Parts, Places
from twins.physics.line_routes import CONVEYOR, EXIT, MACHINE, STORE, SUPPLY, Routes
from twins.physics.model import Array, Rows, Truths

NONE, FAILED, JAMMED, CHANGING = range(4)  # why a station is down
ORDERS = 4  # that may be under way at once
SLOWED, DULL, SHARP = 0.06, 0.3, 0.7  # a worn tool: so much slower; past a wear of 0.7 its parts get worse
SHORTEST = 0.05  # s; nothing is done sooner
_ROUNDS = 10_000_000


class Flow:
    """The stations of a line while they are advanced. `s` are rows (member, station) of a state that this changes in place,
    `arrives` (order, member, station) when deliveries come, `key` names each station of each member."""

    def __init__(self, routes: Routes, s: dict[str, Array], parts: Parts, arrives: Array, p: Rows, u: Rows, key: Array) -> None:
        self.routes, self.s, self.parts, self.arrives, self.p, self.u, self.key = routes, s, parts, arrives, p, u, key
        self.now: Array = s["clock"][:, :1].copy()  # (member, 1)
        self.role = p["role"][0].astype(np.intp)
        self.runs: Truths = u["running"] > 0.5
        self.speed: Array = u["pace"]
        self._machine, self._supply = self.role == MACHINE, self.role == SUPPLY
        self._works = self._machine | self._supply  # one part after the other
        self._carries = self.role == CONVEYOR
        self._may_stop = bool(((p["mtbf"] > 0) | (p["jam_chance"] > 0) | (p["tool_life"] > 0)).any())
        spoils = (p[name] > 0 for name in ("scrap_chance", "wear_scrap", "loss_chance", "detection"))
        self._may_spoil = any(each.any() for each in spoils)
        self._supplies = np.flatnonzero(self._supply)
        self._joints = [(k, np.array(routes.up[k], np.intp)) for k in np.flatnonzero(p["joins"][0] > 0) if routes.up[k]]

    def run(self, dt: float, passing: Callable[[Array, Array], None]) -> None:
        """All events of the next `dt` seconds; `passing(since, d)`, both (member, 1), is told of each stretch without one."""
        end = self.now + dt
        if not self.runs.all():
            self._stand_still(dt)
        self._settle()
        for _ in range(_ROUNDS):
            following = self.following()
            happens = bool((following <= end).any())
            before, self.now = self.now, np.minimum(following, end)
            passing(before, self.now - before)
            if happens:
                self._settle()
            if (self.now >= end).all():
                return

    def following(self) -> Array:
        """(member, 1): when something happens next."""
        s, now = self.s, self.now
        found = [self.parts.leaves, s["fails_at"], s["repaired_at"]]
        if len(self._supplies):
            found.append(self.arrives.min(axis=0))
        soonest = [np.where(each > now, each, NEVER).min(axis=1, keepdims=True) for each in found]
        return np.minimum.reduce(soonest)

    def down(self, now: Array) -> Truths:
        """(member, station): failed, jammed, or its tool is being changed at that instant (member, 1)."""
        return (self.s["repaired_at"] > now) & (self.s["fails_at"] <= now)

    def _stand_still(self, dt: float) -> None:
        """What has been stopped from outside goes on that much later."""
        stopped, now = ~self.runs, self.now
        self.parts.delay(stopped, now, np.broadcast_to(dt, stopped.shape))
        for name in ("fails_at", "repaired_at"):
            self.s[name] += np.where(stopped & (self.s[name] > now), dt, 0.0)

    def _settle(self) -> None:
        """Whatever can happen now does, until nothing can."""
        if len(self._supplies):
            self._receive()
        while self._begin() | self._move():
            pass

    # supply

    def _receive(self) -> None:
        here = self._supplies
        arrived = (self.arrives[:, :, here] <= self.now).sum(axis=0)
        if arrived.any():
            self.s["stock"][:, here] += arrived * self.p["lot_size"][:, here]
            self.arrives[:, :, here] = np.where(self.arrives[:, :, here] <= self.now, NEVER, self.arrives[:, :, here])
        self._order()

    def _order(self) -> None:
        s, p, here = self.s, self.p, self._supplies
        for _ in range(ORDERS):
            waiting = (self.arrives[:, :, here] < NEVER).sum(axis=0)
            position = s["stock"][:, here] + waiting * p["lot_size"][:, here]
            due = (position <= p["reorder_point"][:, here]) & (p["lot_size"][:, here] > 0) & (waiting < ORDERS)
            m, k = np.nonzero(due)
            if not len(m):
                return
            j = here[k]
            free = self.arrives[:, m, j].argmax(axis=0)
            mean = p["lead_time"][m, j] * p["lead_factor"][m, j]
            lead = Draws(self.key[m, j], s["orders"][m, j]).lasting(draws.LEAD, mean, p["lead_cv"][m, j])
            self.arrives[free, m, j] = self.now[m, 0] + lead
            s["orders"][m, j] += 1

    # work

    def _begin(self) -> bool:
        s, now = self.s, self.now
        idle = (self.parts.leaves >= NEVER) & self._works & self.runs & (s["repaired_at"] <= now)
        has = np.where(self._supply, (s["stock"] >= 1) | (self.p["lot_size"] <= 0), self.parts.count > 0)
        m, j = np.nonzero(idle & has)
        if not len(m):
            return False
        worn = (self.p["tool_life"][m, j] > 0) & (s["tool_used"][m, j] >= self.u["tool_change_at"][m, j])
        self._change_tools(m[worn], j[worn])
        m, j = m[~worn], j[~worn]
        new = self._supply[j]
        if new.any():
            self._draw_from_stock(m[new], j[new])
        self._work(m, j)
        return True

    def _draw_from_stock(self, m: Places, j: Places) -> None:
        self.s["stock"][m, j] -= self.p["lot_size"][m, j] > 0
        self.parts.put(m, j, self.now[m, 0], np.full(len(m), float(SOUND)), np.full(len(m), NEVER))
        self._order()

    def _change_tools(self, m: Places, j: Places) -> None:
        s, now = self.s, self.now[m, 0]
        s["fails_at"][m, j], s["repaired_at"][m, j], s["cause"][m, j] = now, now + self.p["tool_change_time"][m, j], CHANGING
        s["tool_changes"][m, j] += 1
        s["changes_known"][m, j] = s["tool_changes"][m, j]
        s["tool_wear"][m, j] = s["tool_used"][m, j] = 0.0

    def _work(self, m: Places, j: Places) -> None:
        """One operation of each of these stations, with all that will come of it."""
        s, p, now = self.s, self.p, self.now[m, 0]
        drawn = Draws(self.key[m, j], s["operations"][m, j])
        wear = np.where(p["tool_life"][m, j] > 0, np.round(s["tool_wear"][m, j], 9), 0.0)
        mean = np.maximum(p["cycle_time"][m, j] / self.speed[m, j] * (1 + SLOWED * wear), SHORTEST)
        cycle = drawn.lasting(draws.CYCLE, mean, p["cycle_cv"][m, j], p["law"][m, j])
        sort, more = self._sorted(m, j, drawn, wear)
        cycle += more
        stop, cause = self._stops(m, j, drawn, cycle)
        if self._may_stop:
            begins = now + cycle * drawn.uniform(draws.WHEN)
            s["fails_at"][m, j] = np.where(stop > 0, begins, 0.0)
            s["repaired_at"][m, j] = np.where(stop > 0, begins + stop, 0.0)
            s["cause"][m, j] = cause
        s["began"][m, j], s["cycle_time"][m, j] = now, cycle
        s["operations"][m, j] += 1
        self.parts.begin(m, j, now + cycle + stop, sort)

    def _sorted(self, m: Places, j: Places, drawn: Draws, wear: Array) -> tuple[Array, Array]:
        """What becomes of each part, and how much longer that takes: flawed by a dull tool, found out, mended, lost."""
        p = self.p
        if not self._may_spoil:
            return self.parts.head(self.parts.sort, m, j), np.zeros(len(m))
        chance = p["scrap_chance"][m, j] + p["wear_scrap"][m, j] * np.clip((wear - SHARP) / DULL, 0.0, 3.0) ** 2
        before = self.parts.head(self.parts.sort, m, j)
        flawed = (before == FLAWED) | drawn.happens(draws.BAD, chance)
        found = flawed & drawn.happens(draws.FOUND, p["detection"][m, j])
        mended = found & drawn.happens(draws.REWORK, p["rework"][m, j])
        lost = drawn.happens(draws.LOST, p["loss_chance"][m, j])
        sort = np.where(found, np.where(mended, SOUND, REJECTED), np.where(flawed, FLAWED, SOUND))
        return np.where(lost, LOST, sort), np.where(mended, p["rework_time"][m, j], 0.0)

    def _stops(self, m: Places, j: Places, drawn: Draws, cycle: Array) -> tuple[Array, Array]:
        """How long a failure or a jam within this operation lasts (0: none), and which it is. Failures come with use."""
        p = self.p
        if not self._may_stop:
            return np.zeros(len(m)), np.zeros(len(m))
        life = np.where(p["mtbf"][m, j] > 0, p["mtbf"][m, j], np.inf)
        fails = drawn.happens(draws.FAILS, -np.expm1(-cycle / life))
        jams = drawn.happens(draws.JAMS, p["jam_chance"][m, j])
        if not (fails | jams).any():
            return np.zeros(len(m)), np.zeros(len(m))
        repair = drawn.lasting(draws.REPAIR, p["mttr"][m, j], p["repair_cv"][m, j])
        jam = drawn.lasting(draws.JAM, p["jam_time"][m, j], p["repair_cv"][m, j])
        cause = np.where(fails, FAILED, np.where(jams, JAMMED, NONE))
        return np.where(fails, repair, np.where(jams, jam, 0.0)), cause

    # going on

    def _move(self) -> bool:
        """Each station hands on at most one part, and takes at most one."""
        parts, now = self.parts, self.now
        can: Truths = parts.leaves <= now
        if not can.any():
            return False
        held = (self.down(now) & self._carries) | ~self.runs
        can &= ~held
        gone = self._drop(can)
        room = (parts.count < self.p["capacity"]) & ~(held & self._carries)
        room[:, self.role == EXIT] = True
        m, j = np.nonzero(can)
        target = self._target(m, j, room)
        go = target >= 0
        for k, feeders in self._joints:
            complete: Truths = np.logical_and.reduce(can[:, feeders], axis=1)
            go &= (target != k) | (complete[m] & (j == feeders[0]))
        m, j, target = self._oldest(m[go], j[go], target[go])
        if not len(m):
            return gone
        self._hand_on(m, j, target)
        return True

    def _drop(self, can: Truths) -> bool:
        """What was rejected or lost leaves the line where it is."""
        m, j = np.nonzero(can)
        bad = self.parts.head(self.parts.sort, m, j) >= REJECTED
        m, j = m[bad], j[bad]
        if not len(m):
            return False
        self.parts.take(m, j, self.now[m, 0])
        self.s["scrapped"][m, j] += 1
        self.s["all_rate"][m, j] += 1
        can[m, j] = False
        return True

    def _target(self, m: Places, j: Places, room: Truths) -> Places:
        """Where each part goes, −1 nowhere: stations take turns, and one without room is passed over."""
        target = np.full(len(m), -1, np.intp)
        degree = self.routes.degree[j]
        for k in range(self.routes.down.shape[1]):
            turn = (self.s["turn"][m, j].astype(np.intp) + k) % np.maximum(degree, 1)
            there = self.routes.down[j, turn]
            target = np.where((target < 0) & (k < degree) & (there >= 0) & room[m, there], there, target)
        return target

    def _oldest(self, m: Places, j: Places, target: Places) -> tuple[Places, Places, Places]:
        """Of several parts for one place, the one that has waited longest."""
        if len(m) < 2:
            return m, j, target
        order = np.lexsort((j, self.parts.leaves[m, j], target, m))
        m, j, target = m[order], j[order], target[order]
        first = np.ones(len(m), bool)
        first[1:] = (m[1:] != m[:-1]) | (target[1:] != target[:-1])
        return m[first], j[first], target[first]

    def _hand_on(self, m: Places, j: Places, target: Places) -> None:
        s, parts, now = self.s, self.parts, self.now[m, 0]
        entered = np.where(self._supply[j], now, parts.head(parts.entered, m, j))
        sort = parts.head(parts.sort, m, j)
        self._leave(m, j)
        for k, feeders in self._joints:
            into = target == k
            for other in feeders[1:]:
                there = np.full(int(into.sum()), other)
                flawed = parts.head(parts.sort, m[into], there) == FLAWED
                sort[into] = np.where(flawed, FLAWED, sort[into])
                self._leave(m[into], there)
                s["joined"][m[into], k] += 1
        s["turn"][m, j] += 1
        s["taken"][m, target] += 1
        out = self.role[target] == EXIT
        s["made"][m[out], target[out]] += 1
        s["all_rate"][m[out], target[out]] += 1
        s["good_rate"][m[out], target[out]] += 1
        s["lead_time"][m[out], target[out]] = now[out] - entered[out]
        self._arrive(m[~out], target[~out], entered[~out], sort[~out])

    def _leave(self, m: Places, j: Places) -> None:
        now, s = self.now[m, 0], self.s
        apart = np.where(self._carries[j], now + self._apart(m, j), -np.inf)
        self.parts.take(m, j, apart)
        for name in ("made", "all_rate", "good_rate"):
            s[name][m, j] += 1

    def _apart(self, m: Places, j: Places) -> Array:
        """s between two parts that leave a conveyor."""
        return self.p["cycle_time"][m, j] / self.speed[m, j] / np.maximum(self.p["capacity"][m, j], 1.0)

    def _arrive(self, m: Places, k: Places, entered: Array, sort: Array) -> None:
        now, role = self.now[m, 0], self.role[k]
        ready = np.where(role == STORE, now + self.p["cycle_time"][m, k], NEVER)
        carried = role == CONVEYOR
        if carried.any():
            ready[carried] = self._carried(m[carried], k[carried])
        self.parts.put(m, k, entered, sort, ready)
        if carried.any():
            self._jam(m[carried], k[carried])

    def _carried(self, m: Places, k: Places) -> Array:
        s, p, now = self.s, self.p, self.now[m, 0]
        mean = p["cycle_time"][m, k] / self.speed[m, k]
        drawn = Draws(self.key[m, k], s["operations"][m, k])
        transit = drawn.lasting(draws.CYCLE, mean, p["cycle_cv"][m, k], p["law"][m, k])
        s["began"][m, k], s["cycle_time"][m, k] = now, transit
        return np.maximum(now + transit, self.parts.last(m, k) + self._apart(m, k))

    def _jam(self, m: Places, k: Places) -> None:
        """A part that has just come may jam the whole conveyor."""
        s, p, n = self.s, self.p, self.s["operations"][m, k]
        s["operations"][m, k] = n + 1
        drawn = Draws(self.key[m, k], n)
        jams = drawn.happens(draws.JAMS, p["jam_chance"][m, k])
        if jams.any():
            stop = drawn.lasting(draws.JAM, p["jam_time"][m, k], p["repair_cv"][m, k])[jams]
            m, k = m[jams], k[jams]
            where, by = np.zeros(self.parts.count.shape, bool), np.zeros(self.parts.count.shape)
            where[m, k], by[m, k] = True, stop
            self.parts.delay(where, self.now, by)
            s["fails_at"][m, k], s["repaired_at"][m, k], s["cause"][m, k] = self.now[m, 0], self.now[m, 0] + stop, JAMMED
