"""Degradation: when batteries and bearings pass a threshold, beside a straight line and an exponential."""

from __future__ import annotations

import csv
import tarfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import curve_fit

from twins.prognosis.degradation.passage import foreseen

DATA = Path(__file__).parents[4] / "shared" / "data"
PARTS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SHOWN = (0.3, 0.5, 0.7)
BEARINGS = {"1_1": 2.0, "1_2": 1.2, "2_1": 1.2, "2_2": 1.2, "3_1": 0.8, "3_2": 1.2}  # g, horizontally
CHANNELS = {"Bearing 3 C1": 0.16, "Bearing 3 C2": 0.16, "Bearing 4 C1": 0.14, "Bearing 4 C2": 0.14}


@dataclass(frozen=True, slots=True)
class Unit:
    """Readings, the threshold and the time at which it was passed."""

    kind: str
    name: str
    time: np.ndarray
    value: np.ndarray
    threshold: float
    end: float


def batteries() -> list[Unit]:
    """The end of life is the first discharge under 1.4 Ah."""
    units = []
    for name in ("B0005", "B0006"):
        with tarfile.open(DATA / "rul_battery" / f"{name}_discharge.tar.gz") as archive:
            file = archive.extractfile(archive.getmembers()[0])
            assert file is not None
            rows = list(csv.DictReader(line.decode() for line in file))
        capacity = {int(row["cycle_num"]): float(row["Capacity"]) for row in rows}
        time, value = np.array(list(capacity), float), np.array(list(capacity.values()))
        units.append(Unit("battery", name, time, value, 1.4, float(time[np.argmax(value < 1.4)])))
    return units


def bearings() -> list[Unit]:
    """The end is where the median of five readings passes the threshold for the first time after the set-up."""
    units = []
    for name, threshold in BEARINGS.items():
        with (DATA / "rul_bearing_femto" / f"Learning_set_Bearing{name}.csv").open() as file:
            value = np.array([float(row["h_rms"]) for row in csv.DictReader(file)])
        units.append(_bearing("FEMTO", name, value, threshold))
    with (DATA / "rul_bearing_ims" / "merged_dataset_BearingTest_1.csv").open() as file:
        rows = list(csv.DictReader(file))[250:]  # a first part ran at another speed
    return units + [_bearing("IMS", name, np.array([float(row[name]) for row in rows]), x) for name, x in CHANNELS.items()]


def _bearing(kind: str, name: str, value: np.ndarray, threshold: float) -> Unit:
    level = np.array([np.median(value[max(0, i - 4) : i + 1]) for i in range(len(value))])
    return Unit(kind, name, np.arange(len(value)) + 1.0, value, threshold, float(np.argmax(level >= threshold)) + 1)


def ours(time: np.ndarray, value: np.ndarray, unit: Unit) -> tuple[float, float, float]:
    """Median, low, high; infinite where there is none."""
    found = foreseen(time, value, unit.threshold, "falling" if unit.kind == "battery" else "rising").crossing
    return tuple(np.inf if each is None else each for each in (found.median, found.low, found.high))  # type: ignore[return-value]


def line(time: np.ndarray, value: np.ndarray, unit: Unit) -> tuple[float, float, float]:
    """A straight line through the last half, with the 90 % interval of its slope."""
    half = time >= (time[0] + time[-1]) / 2
    (slope, level), cov = np.polyfit(time[half] - time[-1], value[half], 1, cov=True)
    rates = slope + np.array([0.0, 1.645, -1.645]) * np.sqrt(cov[0, 0])
    with np.errstate(divide="ignore"):
        ahead = (unit.threshold - level) / rates
    when = time[-1] + np.where(ahead > 0, ahead, np.inf)
    return float(when[0]), float(when[1:].min()), float(when[1:].max())


def exponential(time: np.ndarray, value: np.ndarray, unit: Unit) -> tuple[float, float, float]:
    """a + b exp(c t) by least squares; no interval."""
    u = (time - time[0]) / (time[-1] - time[0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (a, b, c), _ = curve_fit(lambda u, a, b, c: a + b * np.expm1(c * u), u, value, (value[0], value[-1] - value[0], 0.5))
            inside = 1 + (unit.threshold - a) / b
            when = np.log(inside) / c if inside > 0 else np.inf
    except (RuntimeError, ZeroDivisionError):
        return np.inf, np.inf, np.inf
    return (float(time[0] + when * (time[-1] - time[0])) if when > 1 else np.inf), np.nan, np.nan


METHODS: dict[str, Callable[[np.ndarray, np.ndarray, Unit], tuple[float, float, float]]] = {
    "ours": ours,
    "line": line,
    "exponential": exponential,
}


def main() -> None:
    """Prints each battery's forecasts, then errors and coverage by kind."""
    found: dict[tuple[str, str], list[tuple[float, float, bool]]] = {}
    print(f"{'unit':22}{'at':>7}{'true':>7}" + "".join(f"{name:>34}" for name in METHODS))
    for unit in (*batteries(), *bearings()):
        for part in PARTS:
            known = unit.time <= part * unit.end
            now = float(unit.time[known][-1])
            cells = []
            for name, method in METHODS.items():
                when, low, high = method(unit.time[known], unit.value[known], unit)
                error = (when - unit.end) / unit.end
                found.setdefault((unit.kind, name), []).append(
                    (abs(error), abs(when - unit.end) / (unit.end - now), low <= unit.end <= high)
                )
                cells.append(f"{when:10.1f} {error:+8.1%} ({low:6.0f} …{high:6.0f})")
            if part in SHOWN:
                print(f"{unit.kind + ' ' + unit.name:22}{now:7.0f}{unit.end:7.0f}" + "".join(f"{cell:>34}" for cell in cells))
    print("\nmedian error in % of life and of the remaining life, and how often the 90 % interval held the end")
    for (kind, name), results in found.items():
        life, left, held = (np.array(column) for column in zip(*results, strict=True))
        cover = "  none" if name == "exponential" else f"{held.mean():6.0%}"
        print(f"{kind:10}{name:14}{np.median(life):8.1%}{np.median(left):9.1%}{cover}  of {len(life)}")


if __name__ == "__main__":
    main()
