"""A scenario goes through the panel and comes out as it was, whatever the panel has no field for."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from twins.clock import MINUTE
from twins.package import load
from twins.simulation.scenario_file import scenario_of
from ui.draft import draft_of, words_of, written

TWINS = Path(__file__).parents[2] / "resources" / "twins"
SHIPPED = sorted(TWINS.glob("*/scenarios/*.yaml"))
BUSY = """
name: All at once
for: 20 min
step: 2 s
spin_up: 5 min
seed: 7
noise: false
parameters: { T01.gearbox_cooling: 0.3, T01.precone_deg: 3 deg, wakes.strength: 0 }
inputs: { T02.wind_speed: 14 m/s, wind_speed: [[0 min, 8 m/s], [10 min, 14 m/s]] }
commands:
  - { at: 0 s, tag: T01.active_power_limit, value: 1400 kW }
  - { at: 8 min, tag: T01.active_power_limit, value: 900 kW }
faults: ["T01.gearbox_cooling_loss@5 min", "T02.gearbox_cooling_loss@6 min"]
"""


def through(text, twin):
    found = scenario_of(text, twin)
    draft = draft_of(found, "x", twin)
    return found, draft, scenario_of(yaml.safe_dump(written(draft, found.name), allow_unicode=True), twin)


def alike(one, other):
    plain = {"text": "", "parameters": {}, "inputs": {}, "duration": 0}
    assert replace(one, **plain) == replace(other, **plain)
    assert {key.removesuffix("_deg") for key in one.parameters} == {key.removesuffix("_deg") for key in other.parameters}
    assert one.inputs.keys() == other.inputs.keys()
    for key, series in one.inputs.items():
        assert [t for t, _ in series] == [t for t, _ in other.inputs[key]]
        assert [v for _, v in series] == pytest.approx([v for _, v in other.inputs[key]])


def test_that_commands_at_their_time_and_inputs_over_time_come_through(north_ridge):
    found, draft, again = through(BUSY, load(north_ridge))
    alike(found, again)
    assert not set(draft.rest.get("parameters", {})) & {"T01.gearbox_cooling", "T01.precone_deg"}, "nothing is said twice"
    assert [order.after for order in again.orders] == [0, 8 * MINUTE]
    assert set(draft.changes) >= {"T01.gearbox_cooling", "T01.active_power_limit", "T02.wind_speed"}
    assert words_of(draft.rest)[0] == "at 8 min T01.active_power_limit 900 kW", "what has no field is told"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_that_every_shipped_scenario_comes_through(path):
    found, _, again = through(path.read_text(encoding="utf-8"), load(path.parents[1]))
    alike(found, again)
    assert not found.duration or again.duration == found.duration
