"""The valve line as it ships: sound, its books closed, its what-ifs as they should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twins.asset import Twin
from twins.checking import check
from twins.clock import HOUR, MINUTE, SECOND, parse_time
from twins.emulator import Plant
from twins.package.loader import load
from twins.simulation.figures import Tally
from twins.simulation.forking import begun
from twins.simulation.run import run
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import read_scenario

LINE = Path(__file__).parents[2] / "resources" / "twins" / "production-line"
SPAN = 60 * MINUTE
START = parse_time("2026-03-01T06:00:00Z")


@pytest.fixture(scope="module")
def line() -> Twin:
    return load(LINE)


def test_that_the_package_is_sound() -> None:
    assert check(LINE) == []


def test_that_an_hour_has_no_gap_and_every_part_is_accounted_for(line: Twin) -> None:
    plant = Plant(line, START)
    told = plant.run_to(START + HOUR)

    assert (told.quality & 0b11 == 0).all()
    assert all(np.isfinite(plant.output("ANDON", name)) for name in ("throughput", "energy_per_part", "lead_time"))
    assert plant.output("ANDON", "unaccounted") == 0
    assert 50 <= plant.output("OUT", "made") <= 75


@pytest.fixture(scope="module")
def usual(line: Twin) -> dict[str, float]:
    return _figures(line, Scenario("as it is", duration=SPAN))


def test_that_a_rush_order_makes_more_parts_with_less_energy_each(line: Twin, usual: dict[str, float]) -> None:
    rush = _scenario(line, "rush-order")
    assert rush["parts"] > 1.05 * usual["parts"]
    assert rush["energy_per_part"] < usual["energy_per_part"]


def test_that_a_mill_that_is_down_costs_parts_and_starves_the_line(line: Twin, usual: dict[str, float]) -> None:
    down = _scenario(line, "mill-down")
    assert down["parts"] < 0.9 * usual["parts"]
    assert down["oee"] < usual["oee"]


def test_that_a_late_supplier_empties_the_line(line: Twin, usual: dict[str, float]) -> None:
    late = _figures(line, replace(_read(line, "supplier-late"), parameters={"SM1.initial_stock": 20}))
    assert late["parts"] < 0.9 * usual["parts"]
    assert late["work_in_progress"] < usual["work_in_progress"]


def test_that_changing_tools_early_saves_scrap_where_they_wear_fast(line: Twin) -> None:
    late, early = _scenario(line, "tools-wear-fast"), _scenario(line, "early-tool-change")
    assert early["scrap"] < 0.6 * late["scrap"]
    assert early["parts"] > late["parts"]
    assert early["worst_wear"] < late["worst_wear"]


def _scenario(line: Twin, name: str) -> dict[str, float]:
    return _figures(line, _read(line, name))


def _read(line: Twin, name: str) -> Scenario:
    return read_scenario(LINE / "scenarios" / f"{name}.yaml", line)


def _figures(line: Twin, scenario: Scenario) -> dict[str, float]:
    """The mean of a few members over an hour."""
    models = begun(line, scenario, START, 30 * SECOND, None, members=2)
    tally, place = Tally(line, line.figures), {tag.path: i for i, tag in enumerate(models.tags)}
    for _, told in run(models, None, scenario, START, START + SPAN, 1, lambda done, what: None, lambda: False):
        tally.add({name: told[place[name]][None] for name in tally.names}, 30)
    return {figure.name: float(value) for figure, value in zip(line.figures, tally.values().mean(axis=1), strict=True)}
