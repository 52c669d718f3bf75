"""Streets by UXsim beside our own cells: the same flow, delay and way around what is closed; whole vehicles, none lost."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from tests.district import OURS
from tests.rig import main_py
from twins.clock import SECOND, parse_time
from twins.emulator import Plant
from twins.package.loader import load
from twins.physics import Maker, beginning, defaults, rows
from twins.physics.street import Street
from twins.physics.uxsim_street import UxsimStreet

pytest.importorskip("uxsim")
MORNING = 100 * 86_400.0 + 7 * 3_600  # UTC; the peak, where people live an hour ahead


def driven(kind, seconds, pairs, shares, *, dt=5.0, seed=1, during=lambda since, p, u: None, **given):
    """{output: (step, street)} of streets of 200 m that people come to at the first one's beginning."""
    n = max(map(max, pairs)) + 1
    parameters, inputs = defaults(kind.parameters, 1, n), defaults(kind.inputs, 1, n)
    p, u = rows(kind.parameters, parameters), rows(kind.inputs, inputs)
    p["length"][:], p["phase"][:], p["demand_spread"][:] = 200.0, -1.0, 0.0
    p["demand"][0, 0] = 0.3
    for name, value in given.items():
        p[name][0] = value
    model = kind().joined([f"s{k}" for k in range(n)], pairs, parameters, shares)
    state, told, noise = beginning(model, parameters), [], np.random.default_rng(seed)
    for k in range(round(seconds / dt)):
        during(k * dt, p, u)
        state, outputs = model.advance(state, inputs, parameters, MORNING + (k + 1) * dt, dt, noise.standard_normal((1, 1, n)))
        told.append(outputs[:, 0])
    return {variable.name: np.array(told)[:, row] for row, variable in enumerate(kind.outputs)}


def late(told, name):
    return told[name][len(told[name]) // 3 :].mean(axis=0)


def test_that_who_comes_flows_and_turns_off_as_in_our_own_cells():
    ours, theirs = (driven(kind, 5_400, [(0, 1), (1, 2)], [1.0, 0.7]) for kind in (Street, UxsimStreet))
    assert late(theirs, "flow") == pytest.approx(late(ours, "flow"), rel=0.15)  # 0.3 a second by chance: 4 % of an hour's count
    assert late(theirs, "speed") == pytest.approx(late(ours, "speed"), rel=0.08)
    assert late(theirs, "nox") == pytest.approx(late(ours, "nox"), rel=0.2)


def test_that_as_many_pass_a_signal_and_the_rest_wait():
    ours, theirs = (
        driven(kind, 3_600, [(0, 1), (1, 2)], [1.0, 0.7], demand=[1.0, 0.0, 0.0], phase=[-1.0, 0.0, -1.0])
        for kind in (Street, UxsimStreet)
    )
    assert late(theirs, "flow") == pytest.approx(late(ours, "flow"), rel=0.08)
    assert late(theirs, "vehicles")[:2] == pytest.approx(late(ours, "vehicles")[:2], rel=0.1)
    assert theirs["waiting"][-1, 0] == pytest.approx(ours["waiting"][-1, 0], rel=0.1)
    assert late(theirs, "queue")[1] > 100


def test_that_no_vehicle_is_lost():
    told = driven(UxsimStreet, 1_800, [(0, 1), (0, 2), (1, 3), (2, 3), (3, 0)], [0.4, 0.5, 1.0, 0.8, 0.3])
    assert np.array_equal((told["entered"] - told["left"]).sum(axis=1), told["vehicles"].sum(axis=1))
    assert told["left"][-1].sum() > 300


def test_that_nobody_turns_into_what_is_closed_and_all_go_around():
    def closed(since, p, u):
        p["open"][0, 1] = 0.0 if 600 <= since < 1_800 else 1.0

    told = driven(UxsimStreet, 2_700, [(0, 1), (0, 2)], [0.5, 0.5], during=closed)
    cut = slice(170, 355)
    assert told["vehicles"][cut, 1].max() == 0
    assert told["flow"][cut, 2].mean() > 1.6 * told["flow"][:110, 2].mean()
    assert told["vehicles"][-60:, 1].mean() > 0.5


def test_that_a_blocked_lane_holds_up_all_but_a_few():
    def blocked(since, p, u):
        p["lanes"][0, 1] = 0.1 if since >= 600 else 1.0

    told = driven(UxsimStreet, 2_400, [(0, 1), (1, 2)], [1.0, 1.0], during=blocked)
    assert told["flow"][-60:, 2].mean() < 0.4 * told["flow"][80:120, 2].mean()
    assert told["queue"][-60:, 1].mean() > 150


def test_that_a_seed_gives_one_course_and_another_seed_another():
    one, same, other = (driven(UxsimStreet, 600, [(0, 1)], [0.5], seed=seed)["entered"] for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.fixture
def district(tmp_path):
    """The city with its streets driven by UXsim, beside the office that it holds."""
    copied = shutil.copytree(OURS, tmp_path / "city-district")
    shutil.copytree(OURS.parent / "office", tmp_path / "office")
    types = copied / "types/traffic.yaml"
    types.write_text(types.read_text(encoding="utf-8").replace("physics: street,", "physics: street-uxsim,"), encoding="utf-8")
    return copied


def test_that_the_district_lives_on_it(district):
    means = []
    for package in (OURS, district):
        twin = load(package)
        plant = Plant(twin, parse_time("2026-07-15T06:00:00Z"))
        streets = [path for path, asset in twin.assets.items() if asset.model.get("physics") in ("street", "street-uxsim")]
        seen = []
        for _ in range(10):
            plant.run_to(plant.time + 60 * SECOND)
            seen.append([[float(plant.output(path, name)) for name in ("speed", "flow", "delayed")] for path in streets])
        means.append(np.mean(seen, axis=(0, 1)))
    assert len(streets) == 62
    assert means[1] == pytest.approx(means[0], rel=0.25)


def test_that_a_road_closure_is_rehearsed_with_it_on_the_command_line(district, tmp_path):
    assert main_py("check", str(district)).returncode == 0

    def lost_hours(*scenario):
        ran = main_py("simulate", str(district), *scenario, "--for", "10 min", "--at", "2026-07-15T06:00:00Z",
                      "--to", str(tmp_path / f"{len(scenario)}.twin-recording"), "--json")  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        assert told["lost"] == []
        return next(row["values"][0] for row in told["comparison"]["figures"] if "lost in traffic" in row["label"])

    assert lost_hours("--scenario", "road-closure") > 1.05 * lost_hours()


def test_that_a_library_that_isn_t_there_is_named(monkeypatch):
    monkeypatch.setattr("twins.physics.making.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="run “pip install uxsim”"):
        Maker({}).model({"physics": "street-uxsim"})
