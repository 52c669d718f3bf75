"""The peer: a line with a join, told as processes of SimPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Stations = dict[str, dict[str, object]]
JOINT: Stations = {
    "IN": {"role": "supply", "cycle_time": "45 s", "cycle_cv": 0.4},
    "A": {"role": "machine", "cycle_time": "50 s", "cycle_cv": 0.3, "capacity": 4, "mtbf": "600 s", "mttr": "90 s"},
    "B": {"role": "machine", "cycle_time": "48 s", "cycle_cv": 0.5, "capacity": 2, "mtbf": "900 s", "mttr": "60 s"},
    "LIDS": {"role": "supply", "cycle_time": "20 s", "cycle_cv": 0.2},
    "J": {"role": "machine", "cycle_time": "30 s", "cycle_cv": 0.2, "joins": "all"},
    "OUT": {"role": "exit"},
}
JOINT_WAYS = ["IN A", "A B", "B J", "LIDS J", "J OUT"]


def departures(drawn: Mapping[str, Iterator[float]], until: float) -> list[tuple[float, float]]:
    """(when it left, when it entered) of each part of that line; `drawn` are the times of each station's operations."""
    import simpy

    env, left = simpy.Environment(), []
    seat = {name: simpy.Resource(env, int(str(written.get("capacity", 1)))) for name, written in JOINT.items()}
    waiting = {name: simpy.Store(env) for name in JOINT}
    held: list[object] = []

    def supply(name: str, to: str) -> Iterator[object]:
        while True:
            yield env.timeout(next(drawn[name]))
            yield from hand(to)
            waiting[to].put((env.now, held.pop()))

    def hand(to: str) -> Iterator[object]:
        place = seat[to].request()
        yield place
        held.append(place)

    def machine(name: str, to: str) -> Iterator[object]:
        while True:
            entered, place = yield waiting[name].get()
            yield env.timeout(next(drawn[name]))
            yield from hand(to)
            onward = held.pop()
            seat[name].release(place)
            waiting[to].put((entered, onward))

    lids, bodies = simpy.Store(env, 1), simpy.Store(env, 1)

    def lid() -> Iterator[object]:
        while True:
            yield env.timeout(next(drawn["LIDS"]))
            yield lids.put(env.now)
            yield taken.get()

    taken, gone = simpy.Store(env), simpy.Store(env)

    def last_machine() -> Iterator[object]:
        while True:
            entered, place = yield waiting["B"].get()
            yield env.timeout(next(drawn["B"]))
            yield bodies.put(entered)
            yield gone.get()
            seat["B"].release(place)

    def join() -> Iterator[object]:
        while True:
            entered = yield bodies.get()
            yield lids.get()
            taken.put(1), gone.put(1)
            yield env.timeout(next(drawn["J"]))
            left.append((env.now, entered))

    for process in (supply("IN", "A"), machine("A", "B"), last_machine(), lid(), join()):
        env.process(process)
    env.run(until=until)
    return left
