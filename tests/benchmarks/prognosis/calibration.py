"""La Haute Borne 2014: the calibrated turbine beside a power curve and gradient boosting, fitted on the first half-year.

The second half was read once for each state of the method (docs/calibration.md). All are judged over the same ten-minute means:
everything is known, power is above 0 and the blades are not on their way out of the wind (WHERE).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from twins.clock import DAY, MINUTE, parse_time
from twins.estimation.calibration import corrected_by, knobs_asked, unknown
from twins.estimation.correcting import found_of, written_of
from twins.estimation.courses import Courses
from twins.estimation.fitting import candidates_for, fitted
from twins.estimation.stepped import stepped
from twins.historian.days import open_record
from twins.historian.importing import import_history
from twins.historian.mapping import read_mapping
from twins.package.opening import OpenPackage

ROOT = Path(__file__).parents[3]
NORTH_RIDGE = ROOT / "resources" / "twins" / "north-ridge"
YEAR = ROOT.parent / "shared" / "data" / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz"
WHERE = "power > 0 kW and pitch_angle < 20 deg"
RATED = 2050.0  # kW
START, MIDDLE, END = (parse_time(text) for text in ("2014-01-01T00:00:00Z", "2014-07-01T00:00:00Z", "2015-01-01T00:00:00Z"))
INPUTS = ("wind_speed", "wind_direction", "nacelle_direction", "vane_position", "outdoor_temperature")
PRESSURE, GAS = 96_500.0, 287.05  # what the twin's weather has
FOLDS = 3  # of two months each: a season is foretold from others, as the second half is from the first

Predictor = Callable[[np.ndarray], np.ndarray]


class Turbine:
    """One of them: its judged power, its inputs, and the model that can be run again."""

    def __init__(self, twin, record, name: str, start: int, end: int) -> None:
        self.knobs = knobs_asked(twin, name, [f"{name}.anemometer_*"])
        self._of = name, record, start, end, 10 * MINUTE, self.knobs, ("power",), WHERE
        self._twin, self.courses = twin, Courses(twin, *self._of, candidates_for(len(self.knobs)))
        seen = stepped(record, [twin.tags[f"{name}.{each}"] for each in INPUTS], start, end, 10 * MINUTE).mean
        speed, wind, nacelle, vane, temperature = (seen[f"{name}.{each}"] for each in INPUTS)
        around = [turn(np.radians(angle)) for angle in (wind, nacelle) for turn in (np.sin, np.cos)]
        self.features = np.column_stack([speed, *around, vane, temperature])
        self.even = speed * (PRESSURE / (GAS * (temperature + 273.15)) / 1.225) ** (1 / 3)  # as IEC 61400-12-1 has it
        self.power = self.courses.measured[0]
        self.judged = np.isfinite(self.power) & np.isfinite(self.features).all(axis=1)
        self.day = (self.courses.time - 1) // DAY

    def correction(self, point: np.ndarray, rows: np.ndarray) -> dict:
        """What the calibrated model leaves out of its power, as a package writes it; {} where nothing is worth it."""
        said = self.courses.predicted(point)[0, :, 0]
        off = np.where(rows, self.power - said, np.nan)
        found = found_of(said, self.courses.beside(), off)
        output, mode = self.courses.correctable(0)
        return {output: written_of(found, "kW", mode)} if found is not None else {}

    def corrected(self, point: np.ndarray, written: dict) -> np.ndarray:
        """What the model says then."""
        twin = corrected_by(self._twin, self._of[0], written)
        return Courses(twin, *self._of).predicted(point)[0, :, 0]


def binned(fit: Turbine, rows: np.ndarray, on: Turbine) -> np.ndarray:
    """The method of bins: the means of 0.5 m/s, straight lines between; the wind for the density of the air."""
    bins = np.floor(fit.even[rows] / 0.5 + 0.5).astype(int)
    known = np.unique(bins)
    x, y = (np.array([values[rows][bins == k].mean() for k in known]) for values in (fit.even, fit.power))
    return np.interp(on.even, x, y)


def boosted(features: np.ndarray, target: np.ndarray, on: np.ndarray) -> np.ndarray:
    """LightGBM; its size was the best of eight by cross-validation within the first half."""
    import lightgbm

    asked = {
        "objective": "l2", "num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 40, "bagging_fraction": 0.8,
        "bagging_freq": 1, "num_threads": 1, "deterministic": True, "force_row_wise": True, "seed": 1, "verbose": -1,
    }  # fmt: skip
    return lightgbm.train(asked, lightgbm.Dataset(features, target), 200).predict(on)


def calibrated(fit: Turbine, rows: np.ndarray) -> np.ndarray:
    """The knobs' values."""
    unknowns = [unknown(each) for each in fit.knobs]
    measured = np.where(rows, fit.power, np.nan)[None]
    return fitted(unknowns, fit.courses.predicted, measured, np.array([4.24]), fit.day).value


def all_of(fit: Turbine, rows: np.ndarray, on: Turbine) -> dict[str, np.ndarray]:
    """What each method says, fitted to these rows."""
    point = calibrated(fit, rows)[None]
    physics, there = (each.courses.predicted(point)[0, :, 0] for each in (fit, on))
    whole = on.corrected(point, fit.correction(point, rows))
    rows = rows & np.isfinite(physics)
    return {
        "power curve, method of bins": binned(fit, rows, on),
        "gradient boosting": boosted(fit.features[rows], fit.power[rows], on.features),
        "calibrated model": there,
        "calibrated model, output corrected": whole,
        "hybrid: calibrated model + boosted residual": there
        + boosted(fit.features[rows], (fit.power - physics)[rows], on.features),
    }


def errors(told: dict[str, np.ndarray], there: Turbine) -> dict[str, float]:
    """MAE in % of rated power, all over the same rows."""
    rows = there.judged & np.all([np.isfinite(each) for each in told.values()], axis=0)
    return {name: float(np.abs(each - there.power)[rows].mean() / RATED * 100) for name, each in told.items()}


def cross_validated(fit: Turbine) -> dict[str, float]:
    """Within the first half."""
    since = fit.courses.time - START
    fold, whole = since * FOLDS // (MIDDLE - START + 1), {}
    for k in range(FOLDS):
        for name, told in all_of(fit, fit.judged & (fold != k), fit).items():
            whole.setdefault(name, np.full(len(told), np.nan))[fold == k] = told[fold == k]
    return errors(whole, fit)


def main() -> None:
    """Prints a table of each turbine. `cv` as an argument also cross-validates, which takes some minutes more."""
    if not YEAR.exists():
        print("the sample data is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        package, place = OpenPackage.at(NORTH_RIDGE), Path(folder) / "2014.twin-recording"
        mapping = read_mapping(NORTH_RIDGE / "mappings" / "la-haute-borne.yaml")
        import_history(package.twin, package.zipped(), YEAR, mapping, place)
        with open_record(place) as record:
            for name in [each for each in sys.argv[1:] if each not in ("cv", "test")] or ("T01", "T02"):
                fit = Turbine(package.twin, record, name, START, MIDDLE)
                inside = cross_validated(fit) if "cv" in sys.argv else {}
                there = Turbine(package.twin, record, name, MIDDLE, END) if "test" in sys.argv or "cv" not in sys.argv else None
                told = errors(all_of(fit, fit.judged, there), there) if there else {}
                print(f"\n{name}: MAE of ten-minute power, % of {RATED:g} kW", flush=True)
                for each in told or inside:
                    cells = [f"{found[each]:6.3f}" if found else "     –" for found in (inside, told)]
                    print(f"  {each:46} cross-validated {cells[0]}   second half {cells[1]}", flush=True)


if __name__ == "__main__":
    main()
