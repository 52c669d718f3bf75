"""A circuit as data: steady cases of a peer, closed forms of pulsatile ones, volume that is kept, and files that are refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from twins.physics.circuit import CircuitError
from twins.physics.circuit_form import read_plan
from twins.physics.circuit_run import run
from twins.physics.circulation import Circulation
from twins.physics.model import defaults, rows
from twins.physics.svzerod import read_foreign

STEADY = ("RC_R", "RLC_R", "RL_R", "R_R", "R_RCR", "R_coronary", "R_steadyPressure", "bifurcationR_R1",
          "bifurcationR_R1_blockNames",
          "bifurcationR_R2", "blood_vessel_junction", "confluenceR_R", "stenosis_R")  # fmt: skip
OMEGA = 2 * math.pi


def told(written):
    found = run(read_foreign(json.dumps(written).encode(), "case.json"))
    return found.time, {probe.name: row for probe, row in zip(found.probes, found.values, strict=True)}


def circuit(outlet, vessel=None, flow=None, cycles=20, points=201, **more):
    t = np.linspace(0, 1, 401)
    flow = 5 + 2 * np.sin(OMEGA * t) if flow is None else flow
    return {
        "simulation_parameters": {"number_of_cardiac_cycles": cycles, "number_of_time_pts_per_cardiac_cycle": points},
        "boundary_conditions": [
            {"bc_name": "IN", "bc_type": "FLOW", "bc_values": {"Q": list(flow), "t": list(t)}},
            {"bc_name": "OUT", **outlet},
        ],
        "vessels": [
            {"vessel_id": 0, "vessel_name": "v", "boundary_conditions": {"inlet": "IN", "outlet": "OUT"},
             "zero_d_element_type": "BloodVessel", "zero_d_element_values": vessel or {"R_poiseuille": 100.0}}
        ],
        **more,
    }  # fmt: skip


@pytest.mark.sample_data
@pytest.mark.parametrize("case", STEADY)
def test_that_a_steady_case_is_as_its_published_result_to_half_a_percent(sample_data, case):
    folder = sample_data / "health_circulation"
    name = f"steadyFlow_{case}"
    found = run(read_foreign((folder / f"{name}.json").read_bytes(), name))
    values = {probe.name: row for probe, row in zip(found.probes, found.values, strict=True)}
    due = json.loads((folder / "results" / f"result_{name}.json").read_text())
    for key, vessel in due["name"].items():
        for what in ("flow_in", "flow_out", "pressure_in", "pressure_out"):
            assert values[f"{vessel}.{what}"][-1] == pytest.approx(due[what][key], rel=0.005)


def test_that_a_windkessel_under_a_sinusoid_is_as_its_impedance_says():
    rp, c, rd = 900.0, 1e-4, 9_000.0
    time, found = told(circuit({"bc_type": "RCR", "bc_values": {"Rp": rp, "C": c, "Rd": rd, "Pd": 300.0}}))
    impedance = 100 + rp + rd / (1 + 1j * OMEGA * rd * c)
    due = 300 + 5 * (100 + rp + rd) + 2 * np.imag(impedance * np.exp(1j * OMEGA * time))
    np.testing.assert_allclose(found["v.pressure_in"], due, rtol=2e-4)


def test_that_a_vessel_with_inertance_and_compliance_is_as_its_impedance_says():
    r, c, inertance, out = 100.0, 3e-4, 40.0, 800.0
    vessel = {"R_poiseuille": r, "C": c, "L": inertance}
    time, found = told(circuit({"bc_type": "RESISTANCE", "bc_values": {"R": out, "Pd": 0.0}}, vessel))
    beyond = out + 1j * OMEGA * inertance
    middle = 1 / (1j * OMEGA * c + 1 / beyond)
    due = 5 * (r + out) + 2 * np.imag((r + middle) * np.exp(1j * OMEGA * time))
    np.testing.assert_allclose(found["v.pressure_in"], due, rtol=3e-4)
    leaves = 5 + 2 * np.imag(middle / beyond * np.exp(1j * OMEGA * time))
    np.testing.assert_allclose(found["v.flow_out"], leaves, rtol=1e-3)


def test_that_a_stenosis_takes_pressure_by_the_square_of_its_flow():
    vessel = {"R_poiseuille": 10.0, "stenosis_coefficient": 30.0}
    time, found = told(circuit({"bc_type": "PRESSURE", "bc_values": {"P": 100.0}}, vessel, cycles=2))
    flow = np.interp(time, np.linspace(0, 1, 401), 5 + 2 * np.sin(OMEGA * np.linspace(0, 1, 401)))
    np.testing.assert_allclose(found["v.pressure_in"], 100 + 10 * flow + 30 * flow * np.abs(flow), rtol=1e-6)


def test_that_a_valve_lets_blood_through_one_way_only():
    t = np.linspace(0, 1, 401)
    written = circuit({"bc_type": "RESISTANCE", "bc_values": {"R": 50.0, "Pd": 0.0}}, cycles=2, points=401)
    written["boundary_conditions"][0] = {
        "bc_name": "IN",
        "bc_type": "PRESSURE",
        "bc_values": {"P": list(1_000 * np.sin(OMEGA * t)), "t": list(t)},
    }
    del written["vessels"][0]["boundary_conditions"]["inlet"]
    written["valves"] = [
        {
            "type": "PiecewiseValve",
            "name": "valve",
            "params": {"Rmin": 10.0, "Rmax": 1e6, "upstream_block": "IN", "downstream_block": "v"},
        }
    ]
    _, found = told(written)
    assert found["flow:IN:valve"].max() == pytest.approx(1_000 / 160, rel=1e-3)
    assert -1.2e-3 < found["flow:IN:valve"].min() <= 0


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda w: w["vessels"][0].update(zero_d_element_type="Pump"), "Pump"),
        (lambda w: w["boundary_conditions"][1].update(bc_type="SPONGE"), "SPONGE"),
        (lambda w: w["boundary_conditions"][1]["bc_values"].update(R="much"), "R"),
        (lambda w: w["boundary_conditions"][1]["bc_values"].update(R=-1.0), "R"),
        (lambda w: w["boundary_conditions"][0]["bc_values"].update(t=[0.0]), "length"),
        (lambda w: w["boundary_conditions"][0]["bc_values"].update(Q=[math.nan, 1.0], t=[0.0, 1.0]), "number “Q”, it is nan"),
        (lambda w: w["boundary_conditions"][0]["bc_values"].update(Q=[1.0, 1.0], t=[0.0, math.nan]), "number “t”, it is nan"),
        (lambda w: w["vessels"][0]["boundary_conditions"].update(outlet="NOWHERE"), "NOWHERE"),
        (lambda w: w["simulation_parameters"].update(number_of_cardiac_cycles=10**9), "cycles"),
        (lambda w: w.update(junctions=[{"junction_name": "J", "inlet_vessels": [7], "outlet_vessels": [0]}]), "7"),
    ],
)
def test_that_a_circuit_that_makes_no_sense_is_refused_in_one_sentence(change, word):
    written = circuit({"bc_type": "RESISTANCE", "bc_values": {"R": 50.0, "Pd": 0.0}})
    change(written)
    with pytest.raises(CircuitError, match=word) as refused:
        told(written)
    assert "\n" not in str(refused.value)
    assert ";" in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"[1]", b"{}", b"{" * 100_000, b'{"vessels": [NaN]}', b"\xff\xfe\x00"])
def test_that_what_is_no_circuit_is_refused(content):
    with pytest.raises(CircuitError):
        run(read_foreign(content, "x.json"))
    with pytest.raises(CircuitError):
        read_plan(content, "x.yaml")


@pytest.fixture(scope="module")
def heart(request):
    folder = request.config.rootpath / "resources" / "twins" / "heart" / "models"
    return Circulation(read_plan((folder / "heart.yaml").read_bytes(), "heart.yaml"))


def ran(model, seconds, members=1, dt=0.5, **changed):
    parameters, inputs = defaults(model.parameters, members, 1), defaults(model.inputs, members, 1)
    names = [variable.name for variable in model.parameters]
    for name, value in changed.items():
        parameters[names.index(name), :, 0] = value
    state = model.begin(defaults(model.parameters, members, 1))
    for k in range(round(seconds / dt)):
        state, outputs = model.advance(state, inputs, parameters, (k + 1) * dt, dt, np.zeros((1, members, 1)))
    return rows(model.outputs, outputs), state


def test_that_a_resting_adult_has_the_pressures_and_volumes_of_one(heart):
    found, _ = ran(heart, 5)
    mmhg, ml = (lambda name: found[name].item() / 133.322), (lambda name: found[name].item() * 1e6)
    assert 115 < mmhg("aorta_systolic") < 125
    assert 75 < mmhg("aorta_diastolic") < 85
    assert 8 < mmhg("pulmonary_artery_diastolic") < mmhg("pulmonary_artery_systolic") < 26
    assert 5 < mmhg("left_atrium_mean") < 12
    assert 110 < ml("end_diastolic_volume") < 140
    assert 0.55 < found["ejection_fraction"].item() < 0.68
    assert 4.8 < found["cardiac_output"].item() * 60_000 < 5.8
    assert found["beat_rate"].item() * 60 == pytest.approx(70, abs=0.1)


def test_that_blood_is_kept_to_rounding_also_where_some_is_lost(heart):
    before, _ = ran(heart, 0.5)
    after, _ = ran(heart, 30, bleeding_flow=5e-6)
    assert after["lost_volume"].item() == pytest.approx(5e-6 * 30, rel=1e-9)
    whole = after["blood_volume"].item() + after["lost_volume"].item()
    assert whole == pytest.approx(before["blood_volume"].item(), rel=1e-12)


def test_that_what_runs_beside_a_member_changes_none_of_its_bits(heart):
    stenosis = np.array([0.0, 0.4, 0.8])
    together, _ = ran(heart, 3, members=3, aortic_valve_stenosis=stenosis)
    for k in (0, 2):
        alone, _ = ran(heart, 3, aortic_valve_stenosis=stenosis[k])
        for name in ("aorta_pressure", "end_diastolic_volume", "stroke_work"):
            assert alone[name][0, 0] == together[name][k, 0], name


def test_that_the_ecg_has_one_r_wave_a_beat_where_the_beat_says(heart):
    found, _ = ran(heart, 4)
    wave = heart.waves[0]
    volts = wave.make(found, rows(heart.parameters, defaults(heart.parameters, 1, 1)), np.zeros((1, 1, wave.n)))[0, 0]
    peaks = np.flatnonzero((volts[1:-1] > 0.8e-3) & (volts[1:-1] >= volts[:-2]) & (volts[1:-1] > volts[2:])) + 1
    ago = (peaks - wave.n) / wave.rate
    since = found["beat_time"].item() - found["electric_delay"].item()
    length = found["beat_length"].item()
    assert len(peaks) in (1, 2)
    assert np.allclose((ago + since + 0.5 * length) % length, 0.5 * length, atol=0.006)
