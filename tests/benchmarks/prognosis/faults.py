"""Faults by name: seeded runs of the emulated farm with faults of unseen severities in unseen weather, and what they were called.

In each run one turbine of the farm has one of the package's faults. `faults.py RUNS [FIRST]` for more than the usual few;
`faults.py --many RUNS [FIRST]` for farms where most turbines have one at once, and few are sound to be held against;
`faults.py --lead` for how long before the hard alarm each is called; `faults.py --sound HOURS [SEED]` for calls on sound
turbines.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from twins.asset import TagKind, Twin
from twins.clock import SECOND, parse_duration
from twins.emulator.plant import Plant
from twins.emulator.rehearsal import milder
from twins.estimation.following import Following
from twins.package.loader import load
from twins.prognosis.foreseeing import Foreseeing
from twins.record import Samples

NORTH_RIDGE = Path(__file__).parents[3] / "resources" / "twins" / "north-ridge"
START, BEGINS, ENDS, LONG, GROWS = 1_700_000_000, 180, 600, 2_400, 1_800.0  # s
WINDS = (6.0, 14.0)  # m/s
FLOOR = 0.4  # of the severity that is declared: what is milder is not asked for
FLOORS = {"yaw_misalignment": 0.7}  # 14 of 20 deg: cos³ of less is lost in the wind's own changes within some minutes
TURBINES = ("T01", "T02", "T03", "T04")
SOUND, NOTHING = "sound", "nothing"
USUAL_RUNS, FIRST_SEED = 6, 50_000
MORE = 28  # turbines of the farm where nothing is wrong
Called = dict[str, dict[str, float]]  # asset → fault → s after the faults began


def main() -> None:
    """Prints the confusion matrix, delays and false calls."""
    twin = load(NORTH_RIDGE)
    numbers = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    if "--lead" in sys.argv:
        _leads(twin)
    elif "--sound" in sys.argv:
        _sound(*numbers)
    else:
        _matrix(twin, *(numbers or [USUAL_RUNS]), many="--many" in sys.argv)


class Run:
    """One farm in a weather drawn by its seed."""

    def __init__(self, twin: Twin, seed: int, winds: tuple[float, float] = WINDS) -> None:
        self.rng = np.random.default_rng(seed)
        drawn = {"wind.mean_speed": self.rng.uniform(*winds), "wind.turbulence": self.rng.uniform(0.05, 0.13)}
        self.plant = Plant(twin, START * SECOND, seed, settings=drawn | {"wind.mean_temperature": self.rng.uniform(-3, 24)})
        self._following, self._foreseeing = Following(twin, self.plant.instruments.channels), Foreseeing(twin)
        self._high = _limits(twin, self.plant.instruments.tags)
        self.called: Called = {}
        self.alarmed: dict[str, float] = {}  # asset → s after the faults began

    def breaks(self, asset: str, fault: str, severity: float, slower: float) -> None:
        """When the faults begin."""
        plant = self.plant
        plant.inject(milder(plant, f"{asset}.{fault}", plant.twin, (START + BEGINS) * SECOND, severity, slower))

    def on(self, seconds: int) -> None:
        """To so long after its start."""
        for second in range((self.plant.time // SECOND) - START + 1, seconds + 1):
            now = (START + second) * SECOND
            told = self.plant.run_to(now)
            self._alarms(told, second - BEGINS)
            self._following.take(told)
            for estimator in self._following.until(now):
                for event in self._foreseeing.see(estimator, now):
                    if event.data["state"] != "over":
                        self.called.setdefault(event.subject, {}).setdefault(str(event.data["fault"]), second - BEGINS)

    def _alarms(self, told: Samples, since: float) -> None:
        number = told.channels.of_kind(TagKind.NUMBER)[told.channel]
        far = number & (told.bits.view(np.float64) > self._high[told.channel])
        for channel in np.unique(told.channel[far]):
            self.alarmed.setdefault(told.channels[int(channel)].path.partition(".")[0], since)


def _matrix(twin: Twin, runs: int, first: int = 0, *, many: bool = False) -> None:
    faults = list(twin.assets["T01"].faults)
    matrix: Counter[tuple[str, str]] = Counter()
    delays: dict[str, list[float]] = {name: [] for name in faults}
    false = 0
    for k in range(first, first + runs):
        run = Run(twin, FIRST_SEED + k)
        placed = _placed(run.rng, faults, many=many)
        for asset, name in placed.items():
            if name != SOUND:
                run.breaks(asset, name, run.rng.uniform(FLOORS.get(name, FLOOR), 1.0), run.rng.uniform(1, 6))
        run.on(ENDS)
        for asset, name in placed.items():
            called = run.called.get(asset, {})
            right = called.get(name)
            matrix[name, next(iter(called), NOTHING)] += 1
            false += len(set(called) - {name})
            if right is not None:
                delays[name].append(right)
        print(f"run {k}: {[(a, n, run.called.get(a, {})) for a, n in placed.items()]}", file=sys.stderr, flush=True)
    _print(faults, matrix, delays, false, runs)


def _placed(rng: np.random.Generator, faults: Sequence[str], *, many: bool) -> dict[str, str]:
    """What each turbine has."""
    if many:
        return {asset: str(rng.choice([*faults, SOUND, SOUND])) for asset in TURBINES}
    return dict.fromkeys(TURBINES, SOUND) | {str(rng.choice(TURBINES)): str(rng.choice(faults))}


def _print(
    faults: Sequence[str], matrix: Counter[tuple[str, str]], delays: dict[str, list[float]], false: int, runs: int
) -> None:
    heads = [*faults, NOTHING]
    floors = ", ".join([f"{FLOOR:.0%}", *(f"{name} {floor:.0%}" for name, floor in FLOORS.items())])
    print(f"{runs} runs of {ENDS - BEGINS} s after the faults; severities from {floors} up, mean winds {WINDS} m/s")
    print(f"{'true, then called first':24}" + "".join(f"{head[:13]:>15}" for head in heads))
    for name in (*faults, SOUND):
        print(f"{name:24}" + "".join(f"{matrix[name, head]:>15}" for head in heads))
    right, asked = sum(matrix[name, name] for name in faults), sum(n for (name, _), n in matrix.items() if name != SOUND)
    print(f"called by its name first: {right} of {asked} ({right / max(asked, 1):.1%})")
    print(f"false calls: {false} in {runs * len(TURBINES) * ENDS / 3_600:.0f} turbine-hours")
    for name, found in delays.items():
        if found:
            print(f"{name}: called after {np.median(found):.0f} s ({min(found):.0f} to {max(found):.0f}), {len(found)} times")


def _leads(twin: Twin) -> None:
    """Each fault that grows, over half an hour to what is declared: how long to its call, and to the first hard alarm."""
    for k, (fault, written) in enumerate(twin.assets["T01"].faults.items()):
        if written.get("profile") != "ramp":
            continue
        run = Run(twin, FIRST_SEED + 10_000 + k, (10.0, 13.0))
        for asset in TURBINES[:2]:
            run.breaks(asset, fault, 1.0, GROWS / (parse_duration(str(written["over"])) / SECOND))
        run.on(LONG)
        called = [run.called.get(asset, {}).get(fault) for asset in TURBINES[:2]]
        alarmed = [run.alarmed.get(asset) for asset in TURBINES[:2]]
        print(f"{fault}: called after {called} s, hard alarm after {alarmed} s", flush=True)


def _sound(hours: int, seed: int = 0) -> None:
    """Nothing is wrong anywhere: every call is false. A farm of many turbines, so that hours are cheap."""
    with TemporaryDirectory() as folder:
        twin = load(_large_farm(Path(folder)))
        turbines = [path for path, asset in twin.assets.items() if asset.type == "wind-turbine"]
        run = Run(twin, FIRST_SEED + 20_000 + seed)
        for second in range(900, round(hours * 3_600 / len(turbines)) + 1, 900):
            run.on(second)
            seen, false = second / 3_600 * len(turbines), sum(len(each) for each in run.called.values())
            print(f"{seen:.0f} turbine-hours, {false} calls: {run.called}", flush=True)


def _large_farm(folder: Path) -> Path:
    """North Ridge with many more turbines, in rows."""
    shutil.copytree(NORTH_RIDGE, folder / "farm")
    root = folder / "farm" / "twin.yaml"
    places = [(-2400 + 480 * (i % 7), 1400 + 520 * (i // 7)) for i in range(MORE)]
    more = [
        f"  - {{ id: X{i:02}, type: wind-turbine, name: X{i:02}, at: {{ x: {x}, y: {y} }} }}" for i, (x, y) in enumerate(places)
    ]
    root.write_text(
        root.read_text(encoding="utf-8").replace("assets:\n", "assets:\n" + "\n".join(more) + "\n", 1), encoding="utf-8"
    )
    return folder / "farm"


def _limits(twin: Twin, tags: Sequence[object]) -> np.ndarray:
    """(tag,): above which its hardest alarm stands; inf where there is none."""
    found = []
    for tag in tags:
        limits = twin.tags[tag.path].limits  # type: ignore[attr-defined]
        found.append(next((x for x in (limits.high_high, limits.high) if x is not None), np.inf))
    return np.array(found)


if __name__ == "__main__":
    main()
