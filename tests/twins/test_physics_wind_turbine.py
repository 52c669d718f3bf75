"""The wind turbine: its power follows the curve, its energy balance closes, its protection can't be talked out of."""

from __future__ import annotations

import math

import numpy as np
import pyarrow.csv as csv
import pytest

from twins.physics import LIBRARY, Noise, defaults, rows
from twins.physics.turbine_modes import FAULT, PRODUCING, STARTING, STOPPED
from twins.physics.wind_turbine import WindTurbine, completed

TURBINE = WindTurbine()
DT = 0.25
RPM = math.pi / 30


class Rig:
    """Turbines on a test rig, one an instance, each in a wind of its own."""

    def __init__(self, speeds, members=1, **parameters):
        n = len(speeds)
        self.state, self.inputs, self.parameters = (
            defaults(each, members, n) for each in (TURBINE.states, TURBINE.inputs, TURBINE.parameters)
        )
        self.noise = Noise(1, "rig", TURBINE.noises, members, n)
        self.step = 0
        self.set(wind_speed=np.array(speeds, float), wind_direction=math.radians(240))
        for name, value in parameters.items():
            rows(TURBINE.parameters, self.parameters)[name][:] = value

    def set(self, **inputs):
        for name, value in inputs.items():
            rows(TURBINE.inputs, self.inputs)[name][:] = value

    def run(self, seconds, dt=DT):
        """The outputs after so long, by name, and all outputs on the way."""
        way = []
        for _ in range(round(seconds / dt)):
            noise = self.noise.at(self.step)
            self.state, outputs = TURBINE.advance(self.state, self.inputs, self.parameters, self.step * dt, dt, noise)
            self.step += 1
            way.append(outputs)
        return {name: row[0] for name, row in rows(TURBINE.outputs, outputs).items()}, np.array(way)


def test_that_power_follows_the_curve_up_to_rated_and_stays_there():
    speeds = np.arange(4.0, 24.0)
    rig = Rig(np.minimum(speeds, 12.0))
    rig.run(120)
    for steps in range(12):  # the strong winds rise as winds do
        rig.set(wind_speed=np.minimum(speeds, 13.0 + steps))
        rig.run(40)
    now, _ = rig.run(200)
    power = now["power"] / 1e3
    below = speeds < 12
    assert np.all(np.diff(power[below]) > 40)
    assert np.all((power > 40) & (power < 2_060))
    assert np.allclose(power[speeds >= 14], 2_050, atol=25)
    turning = now["rotor_speed"] / RPM
    assert np.all((turning > 8) & (turning < 17.5))
    assert np.all(now["pitch"][below] < 1e-9)
    assert np.all(np.diff(now["pitch"][speeds >= 14]) > 0)


def test_that_the_curve_is_like_that_of_a_real_turbine_of_the_class(sample_data):
    year = csv.read_csv(
        sample_data / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz", parse_options=csv.ParseOptions(delimiter=",")
    )
    wind, power = (year[name].to_numpy(zero_copy_only=False).astype(float) for name in ("Ws_avg", "P_avg"))
    speeds = np.arange(5.0, 12.0)
    real = np.array([np.nanmedian(power[(np.abs(wind - speed) < 0.25) & (power > 0)]) for speed in speeds])
    rig = Rig(speeds)
    rig.set(air_temperature=285.15, air_pressure=96_500.0)  # of the site
    now, _ = rig.run(300)
    # an anemometer on a nacelle stands in the rotor's lee and reads some percent less than the wind that the model knows
    assert np.allclose(now["power"] / 1e3, real, atol=0.10 * 2_050), np.c_[speeds, real, now["power"] / 1e3]


def test_that_the_energy_balance_closes_at_every_step():
    rig = Rig([5.0, 9.0, 14.0, 9.0])
    limit = np.array([2.05e6, 2.05e6, 2.05e6, 0.0])  # the last one is stopped on the way
    rig.run(60)
    before = (
        0.5 * completed(rows(TURBINE.parameters, rig.parameters))["inertia"] * rows(TURBINE.states, rig.state)["rotor_speed"] ** 2
    )
    rig.set(active_power_limit=limit)
    _, way = rig.run(300)
    of = {variable.name: way[:, k, 0, :] for k, variable in enumerate(TURBINE.outputs)}
    stored = np.diff(np.concatenate([before, of["kinetic_energy"]]), axis=0) / DT
    given = of["power"] + of["loss_power"] + of["brake_power"] + stored
    assert np.allclose(of["aero_power"], given, atol=1.0)  # W, of megawatts
    assert np.all(of["loss_power"] > 0)
    produced = of["power"].clip(min=0).sum(axis=0) * DT
    assert np.allclose(of["energy_total"][-1] - of["energy_total"][0], produced, rtol=0.01, atol=1e6)


def test_that_a_limit_is_obeyed_at_full_speed_and_near_nothing_stops_it():
    rig = Rig([11.0, 11.0])
    rig.set(active_power_limit=np.array([500e3, 0.0]))
    now, _ = rig.run(240)
    assert now["power"] == pytest.approx([500e3, -9e3], abs=5e3)
    assert list(now["state"]) == [PRODUCING, STOPPED]
    assert now["pitch"][0] > math.radians(2)
    assert now["brake_applied"][1] == 1
    rig.set(active_power_limit=2.05e6)
    now, _ = rig.run(240)
    assert list(now["state"]) == [PRODUCING, PRODUCING]
    assert np.all(now["power"] > 1.4e6)


def test_that_a_stopped_turbine_sets_its_blades_where_it_is_told():
    rig = Rig([8.0])
    rig.set(active_power_limit=0.0)
    rig.run(200)
    rig.set(pitch_setpoint=math.radians(45))
    now, _ = rig.run(30)
    assert now["pitch"] == pytest.approx(math.radians(45), abs=0.001)
    assert now["rotor_speed"] == 0


def test_that_it_waits_for_wind_and_starts_by_itself():
    rig = Rig([1.5])
    now, _ = rig.run(400)
    assert now["state"] == STOPPED
    rig.set(wind_speed=7.0)
    seen = {int(way) for way in rig.run(300)[1][:, [v.name for v in TURBINE.outputs].index("state"), 0, 0]}
    assert seen == {STOPPED, STARTING, PRODUCING}


@pytest.mark.parametrize("wind", [14.0, 18.0, 22.0, 24.5])
def test_that_it_starts_in_a_storm_without_stalling(wind):
    rig = Rig([wind], cut_out=30.0)
    rows(TURBINE.states, rig.state)["mode"][:] = STOPPED
    rows(TURBINE.states, rig.state)["rotor_speed"][:] = 0.0
    rows(TURBINE.states, rig.state)["pitch"][:] = math.radians(88)
    now, way = rig.run(400)
    assert now["power"] == pytest.approx(2_050e3, rel=0.02), "it turned slowly at a pitch of 0 for ever"
    assert now["rotor_speed"] == pytest.approx(17.1 * RPM, rel=0.02)
    assert way[:, [v.name for v in TURBINE.outputs].index("rotor_speed")].max() < 1.14 * 17.1 * RPM


def test_that_a_calm_of_ten_minutes_ends_with_the_next_ten_minutes_wind_in_short_steps_and_in_long():
    powers = []
    for dt in (DT, 600.0):
        rig = Rig([8.0])
        rig.run(600, dt)
        rig.set(wind_speed=2.0)
        calm, _ = rig.run(600, dt)
        rig.set(wind_speed=8.0)
        _, way = rig.run(600, dt)
        powers.append(float(way[:, [v.name for v in TURBINE.outputs].index("power")].mean()))
        assert calm["state"] == STOPPED
        assert rows(TURBINE.states, rig.state)["mode"][0, 0] == PRODUCING
    assert powers[1] == pytest.approx(powers[0], rel=0.15), "it stood for two more steps, half an hour"


def test_that_a_hot_gearbox_cools_when_it_is_derated_and_else_trips_and_comes_back_when_it_is_cool():
    rig = Rig([9.5, 9.5], gearbox_bearing_friction=5.5)
    now, _ = rig.run(60)
    assert np.all(now["gearbox_bearing_temperature"] > 273.15 + 82)
    rig.set(active_power_limit=np.array([2.05e6, 400e3]))
    now, way = rig.run(420)
    states = way[:, [v.name for v in TURBINE.outputs].index("state"), 0, :]
    assert FAULT in states[:, 0]
    assert FAULT not in states[:, 1]
    assert now["gearbox_bearing_temperature"][1] < 273.15 + 85
    parameters = rows(TURBINE.parameters, rig.parameters)
    parameters["gearbox_bearing_friction"][:] = 1
    now, _ = rig.run(1_500)
    assert list(now["state"]) == [PRODUCING, PRODUCING]


def test_that_the_nacelle_follows_the_wind_and_a_turned_vane_leads_it_astray():
    rig = Rig([9.0, 9.0], vane_offset=np.array([0.0, math.radians(20)]))
    rig.set(wind_direction=math.radians(300))
    now, _ = rig.run(400)
    off = np.degrees(now["nacelle_direction"]) - 300
    assert abs(off[0]) < 3
    assert off[1] == pytest.approx(20, abs=3)
    assert np.abs(np.degrees(now["vane_position"])).max() < 4
    assert now["power"][1] < 0.9 * now["power"][0]
    assert np.degrees(now["cable_twist"][0]) == pytest.approx(60, abs=4)


def test_that_members_are_advanced_as_they_would_be_alone():
    together = Rig([6.0, 12.0], members=3)
    _, way = together.run(30)
    assert way.shape[2:] == (3, 2)
    assert not np.array_equal(way[-1, :, 0], way[-1, :, 1])  # noise is another for each member
    _, again = Rig([6.0, 12.0], members=3).run(30)
    assert np.array_equal(way, again)
    _, alone = Rig([6.0, 12.0]).run(30)
    assert np.array_equal(way[:, :, :1], alone)


@pytest.mark.parametrize("name", LIBRARY)
def test_that_every_model_keeps_to_what_it_declares(name):
    model = LIBRARY[name]()
    state, inputs, parameters = (defaults(each, 2, 3) for each in (model.states, model.inputs, model.parameters))
    noise, before = Noise(5, name, model.noises, 2, 3), state.copy()
    for variable in (*model.inputs, *model.parameters):
        assert variable.low <= variable.default <= variable.high, variable.name
    for step in range(20):
        after, outputs = model.advance(state, inputs, parameters, 1.8e9 + step, min(1.0, model.longest_step), noise.at(step))
        assert np.array_equal(state, before)  # nothing is changed in place
        state, before = after, after.copy()
    assert state.shape == (len(model.states), 2, 3)
    assert outputs.shape == (len(model.outputs), 2, 3)
    assert np.isfinite(outputs).all()
    for variable, row in zip(model.outputs, outputs, strict=True):
        assert not variable.words or set(row.ravel()) <= set(range(len(variable.words)))
    for wave in model.waves:
        made = wave.make(rows(model.outputs, outputs), rows(model.parameters, parameters), np.zeros((2, 3, wave.n)))
        assert made.shape == (2, 3, wave.n)


def test_that_noise_knows_only_seed_name_member_and_step():
    steps = [0, 255, 256, 1_000_000, 3]
    one = Noise(7, "wind", 2, 3, 4)
    drawn = {step: one.at(step).copy() for step in steps}
    other = Noise(7, "wind", 2, 3, 4)
    assert all(np.array_equal(other.at(step), drawn[step]) for step in reversed(steps))
    assert np.array_equal(Noise(7, "wind", 2, 1, 4).at(256), drawn[256][:, :1])
    assert not np.array_equal(Noise(8, "wind", 2, 3, 4).at(0), drawn[0])
    assert not np.array_equal(Noise(7, "grid", 2, 3, 4).at(0), drawn[0])


def test_that_noise_which_is_drawn_in_parts_is_the_same(monkeypatch):
    whole = Noise(7, "wind", 2, 3, 4)
    drawn = {step: whole.at(step).copy() for step in (0, 5, 17, 255, 256, 300)}
    monkeypatch.setattr("twins.physics.noise.AT_ONCE", 100)
    parts = Noise(7, "wind", 2, 3, 4)
    for step in (0, 5, 17, 255, 256, 300, 5, 0, 256, 17, 300, 255):
        assert np.array_equal(parts.at(step), drawn[step])
