"""Faults in full: each injected for real, many times. The environment's ROUNDS scales all of them: 0.1 is a tenth."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults import alarm_flood, bad_payloads, broker_lost, stale_shown, station_killed, two_stations

SHARE = float(os.environ.get("ROUNDS", "1"))


def times(n: int) -> int:
    return max(1, round(n * SHARE))


def in_folder(run: Callable[[Path], object]) -> object:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        return run(Path(folder))


def told(name: str, goal: str, run: Callable[[], object]) -> bool:
    begun = time.perf_counter()
    try:
        result, failed = run(), ""
    except AssertionError as problem:
        result, failed = None, str(problem)
    print(f"{name}: {failed or result}  (goal: {goal}; {time.perf_counter() - begun:.0f} s)", flush=True)
    return not failed


def stale(fault: Callable, n: int) -> dict[str, float]:
    found = [in_folder(lambda folder: stale_shown.run(folder, fault)) for _ in range(n)]
    return {
        "times": n,
        "worst_s": round(max(f["noticed_s"] for f in found), 2),
        "false_stale": sum(f["false_stale"] for f in found),
    }


def main() -> None:
    ok = True
    for fault in stale_shown.FAULTS:
        ok &= told(f"3 stale, {fault.__name__}", "noticed in ≤3 s, no false stale", lambda fault=fault: stale(fault, times(43)))
    ok &= told(
        "4 station killed", "lost 0, twice 0, reopens ≤5 s", lambda: in_folder(lambda f: station_killed.run(f, times(500)))
    )
    ok &= told("8 broker killed", "unaccounted 0", lambda: in_folder(lambda f: broker_lost.killed(f, times(50))))
    ok &= told("8 overflow", "unaccounted 0", lambda: in_folder(lambda f: broker_lost.overflowed(f, times(50))))
    ok &= told("10 bad payloads", "alive, unaccounted 0", lambda: in_folder(lambda f: bad_payloads.run(f, times(20_000))))
    for same in (True, False):
        ok &= told("14 second station", "refused", lambda same=same: in_folder(lambda f: two_stations.second_refused(f, same)))
    ok &= told("14 name taken", "alarm ≤5 s, no race", lambda: in_folder(two_stations.pushed_out))
    ok &= told("15 alarm flood", "lost 0", lambda: in_folder(lambda f: alarm_flood.run(f)))
    sys.exit(not ok)


if __name__ == "__main__":
    main()
