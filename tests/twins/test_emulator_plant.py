"""The plant: an hour of the wind farm is alive, plausible and healthy; what is broken shows where it should, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twins import InputError
from twins.asset import Relation, TagKind
from twins.clock import SECOND, parse_time
from twins.emulator import Plant, injections
from twins.package.loader import load
from twins.physics import LIBRARY, Variable
from twins.physics.substation import Substation
from twins.record import Quality, Samples
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import with_settings

START = parse_time("2026-03-01T06:00:00Z")
HOUR = 3_600
SKID = Path(__file__).parent / "skid"


@pytest.fixture(scope="module")
def farm(north_ridge):
    return load(north_ridge)


@pytest.fixture(scope="module")
def healthy_hour(farm):
    """Four turbines for an hour, as fast as they go."""
    return Plant(farm, START).run_to(START + HOUR * SECOND)


@pytest.fixture(scope="module")
def healthy(farm):
    """Five minutes of another seed, to hold what is broken against."""
    return Plant(farm, START, 2).run_to(START + 320 * SECOND)


def broken(farm, *names, seconds=320):
    return Plant(farm, START, 2, injections(names, farm, START)).run_to(START + seconds * SECOND)


def values(samples: Samples, path):
    """One tag's (seconds from the start, numbers)."""
    rows = samples.channel == samples.channels.place[path]
    bits = samples.bits[rows]
    number = samples.channels[samples.channels.place[path]].kind is TagKind.NUMBER
    return (samples.source[rows] - START) / SECOND, bits.view(np.float64) if number else bits


def test_that_what_is_told_is_of_the_instant_that_it_is_stamped_with(farm):
    plant, told = Plant(farm, 1_700_000_000 * SECOND, 3), {}
    for quarter in range(1, 41):
        samples = plant.run_to((1_700_000_000 * 4 + quarter) * SECOND // 4)
        time, value = values(samples, "T02.gearbox_oil_temperature")
        told |= {t: (v, plant.output("T02", "gearbox_oil_temperature") - 273.15) for t, v in zip(time, value, strict=True)}
        assert set(samples.source) <= {plant.time}
    assert len(told) == 10
    assert all(abs(v - is_) < 0.006 for v, is_ in told.values())


def test_that_an_hour_has_every_tag_at_its_period_in_order_and_nothing_that_is_no_number(farm, healthy_hour):
    assert np.all(np.diff(healthy_hour.source) >= 0)
    measured = {tag.path for tag in farm.tags.values() if not tag.computed}
    assert {channel.path for channel in healthy_hour.channels} == measured
    for path in measured:
        tag, (t, v) = farm.tags[path], values(healthy_hour, path)
        assert np.isfinite(v.astype(float)).all(), path
        if tag.period_ns is not None:
            period = tag.period_ns / SECOND
            assert np.allclose(np.diff(t), period, atol=1e-6), path
            assert len(t) in (int(HOUR // period), int(HOUR // period) + 1), path
        else:
            assert t[0] <= 1, path
    ms = healthy_hour.source[:1_000] // 1_000_000 % 1_000
    assert len(set(ms)) == 4  # not all at once, and each when it is read: four steps to a second


@pytest.mark.parametrize("seed", [1, 5])
def test_that_nothing_passes_a_limit_or_leaves_its_range_in_a_healthy_farm(farm, healthy_hour, seed):
    hour = healthy_hour if seed == 1 else Plant(farm, START, seed).run_to(START + HOUR // 4 * SECOND)
    for tag in farm.tags.values():
        if tag.computed or tag.kind not in (TagKind.NUMBER, TagKind.INTEGER):
            continue
        _, v = values(hour, tag.path)
        low, high = tag.range
        assert low <= v.min() <= v.max() <= high, tag.path
        limits = tag.limits
        assert limits.high is None or v.max() < limits.high, f"{tag.path} {v.max()}"
        assert limits.low is None or v.min() > limits.low, f"{tag.path} {v.min()}"


def test_that_the_farm_looks_alive(healthy_hour):
    winds = np.array([values(healthy_hour, f"T0{k}.wind_speed")[1][:3_599] for k in (1, 2, 3, 4)])
    assert 6 < winds.mean() < 12
    assert np.all(winds.std(axis=1) > 0.3)
    assert np.all(np.abs(winds[0] - winds[1:]).mean(axis=1) > 0.2)  # each has its own
    turns = np.corrcoef(winds)[0, 1]
    assert 0.05 < turns < 0.98  # but it is one weather
    power = values(healthy_hour, "T01.power")[1]
    assert 250 < np.median(power) < 2_050
    rotor = values(healthy_hour, "T01.rotor_speed")[1]
    assert rotor.min() > 9
    assert rotor.max() < 17.6
    oil = values(healthy_hour, "T01.gearbox_oil_temperature")[1]
    assert oil.min() > 53
    assert oil.max() < 70
    assert list(values(healthy_hour, "T01.state")[1]) == [2]
    status = healthy_hour.channel == healthy_hour.channels.place["T01.status_text"]
    assert healthy_hour.value(int(np.flatnonzero(status)[0])) == "Producing"


def test_that_the_substation_exports_what_the_turbines_feed_less_its_losses(farm):
    plant = Plant(farm, START)
    for k in range(1, 20):
        plant.run_to(START + k * SECOND)
        fed = sum(plant.output(f"T0{i}", "power") for i in (1, 2, 3, 4))
        assert plant.output("SUB", "export_power") + plant.output("SUB", "loss_power") == pytest.approx(fed)


def test_that_the_drivetrain_is_heard_every_ten_minutes(healthy_hour):
    rows = np.flatnonzero(healthy_hour.channel == healthy_hour.channels.place["T02.drivetrain_vibration"])
    assert len(rows) == 6
    wave = healthy_hour.value(int(rows[3]))
    assert wave.unit == "m/s^2"
    assert len(wave.values) == 2_048
    assert 0.3 < wave.values.std() < 5
    assert wave.start + wave.step * len(wave.values) == healthy_hour.source[rows[3]]


def test_that_chunks_never_change_a_bit_and_seeds_do(farm):
    whole = Plant(farm, START, 4).run_to(START + 120 * SECOND)
    plant = Plant(farm, START, 4)
    rng = np.random.default_rng(1)
    ends = sorted({*rng.integers(0, 120 * SECOND, 60).tolist(), 120 * SECOND})
    parts = [plant.run_to(START + int(end)) for end in ends]
    order = [(path, *pair) for part in parts for path, *pair in _told(part)]
    assert sorted(order) == sorted(_told(whole))
    waves = [wave.values for part in parts for wave in part.waveforms]
    assert np.array_equal(np.sort(np.concatenate(waves)), np.sort(np.concatenate([w.values for w in whole.waveforms])))
    other = Plant(farm, START, 5).run_to(START + 120 * SECOND)
    assert sorted(_told(other)) != sorted(_told(whole))


def _told(samples):
    plain = ~samples.channels.of_kind(TagKind.WAVEFORM)[samples.channel]
    rows = zip(samples.channel[plain], samples.source[plain], samples.bits[plain], strict=True)
    return [(samples.channels[c].path, int(t), int(bits)) for c, t, bits in rows]


def test_that_a_set_point_is_obeyed_and_told_on_its_own_tag(farm):
    plant = Plant(farm, START)
    plant.run_to(START + 10 * SECOND)
    plant.set("T03.active_power_limit", 400)
    told = plant.run_to(START + 150 * SECOND)
    assert list(values(told, "T03.active_power_limit")[1]) == [400]
    assert values(told, "T03.power")[1][-1] == pytest.approx(400, abs=15)
    assert values(told, "T01.power")[1][-1] > 420 or values(told, "T02.power")[1][-1] > 420
    texts = [told.value(int(i)) for i in np.flatnonzero(told.channel == told.channels.place["T03.status_text"])]
    assert texts[-1] == "Producing, limited by set-point"


PARAMETER_FAULTS = {
    "gearbox_bearing_wear": ("gearbox_bearing_temperature", +15),
    "gearbox_cooling_loss": ("gearbox_oil_temperature", +8),
    "generator_cooling_loss": ("generator_winding_temperature", +40),
    "pitch_misalignment": ("power", -40),
    "yaw_misalignment": ("power", -30),
}


@pytest.mark.parametrize("name", PARAMETER_FAULTS)
def test_that_a_fault_moves_what_it_should_on_its_turbine_alone(farm, healthy, name):
    tag, change = PARAMETER_FAULTS[name]
    bad = broken(farm, f"T02.{name}@30s")
    (t, sound), (_, sick) = values(healthy, f"T02.{tag}"), values(bad, f"T02.{tag}")
    assert np.array_equal(sound[t < 30], sick[t < 30])
    moved = sick[t > 250].mean() - sound[t > 250].mean() if name.endswith("alignment") else (sick - sound)[t < 260].max()
    assert moved / change > 1, moved
    for path in (f"T01.{tag}", "MM.wind_speed_80m", "T02.wind_speed"):
        assert np.array_equal(values(healthy, path)[1], values(bad, path)[1]), path


def test_that_a_fault_that_acts_already_goes_on_where_it_is_asked_for_again(farm):
    plant = Plant(farm, START)
    for _ in range(2):
        plant.begin(injections(["T01.generator_cooling_loss"], farm, plant.time)[0])
        plant.run_to(plant.time + 70 * SECOND)
        assert plant.parameter("T01", "generator_cooling") == pytest.approx(0.25)
        plant.begin(injections(["T01.generator_cooling_loss"], farm, plant.time)[0])
        plant.run_to(plant.time + SECOND)
        assert plant.parameter("T01", "generator_cooling") == pytest.approx(0.25)
    plant.begin(injections(["T02.generator_cooling_loss"], farm, plant.time)[0])
    plant.run_to(plant.time + 70 * SECOND)
    assert plant.parameter("T02", "generator_cooling") == pytest.approx(0.25)


def test_that_an_overheating_gearbox_is_seen_within_two_minutes_and_cools_when_it_is_derated(farm):
    plant = Plant(farm, START, 1, injections(["gearbox_bearing_wear@T01"], farm, START))
    _, hot = values(plant.run_to(START + 120 * SECOND), "T01.gearbox_bearing_temperature")
    assert np.any(hot > 85)
    plant.set("T01.active_power_limit", 400)
    _, cooling = values(plant.run_to(START + 270 * SECOND), "T01.gearbox_bearing_temperature")
    assert cooling[-1] < 83
    assert cooling[-1] < cooling.max() - 3


def test_that_instruments_stick_drift_shake_and_fall_silent(farm, healthy):
    names = ["T01.sensor_stuck", "T01.sensor_drift", "T01.sensor_noise", "MM.anemometer_stuck", "T04.communication_loss"]
    bad = broken(farm, *(f"{name}@60" for name in names), seconds=300)
    t, stuck = values(bad, "T01.generator_bearing_temperature")
    assert len(set(stuck[t > 61])) == 1
    t, drift = values(bad, "T01.outdoor_temperature")
    sound = values(healthy, "T01.outdoor_temperature")[1][: len(t)]
    assert drift[-1] - sound[-1] == pytest.approx(0.5 * 4, abs=0.1)
    assert np.array_equal(drift[t < 60], sound[t < 60])
    t, noisy = values(bad, "T01.main_bearing_temperature")
    assert noisy[t > 61].std() == pytest.approx(3, rel=0.3)
    t, speed = values(bad, "MM.wind_speed_80m")
    assert len(set(speed[t > 61])) == 1
    for tag in farm.tags.values():
        if tag.asset == "T04" and not tag.computed:
            assert values(bad, tag.path)[0].max(initial=0) <= 60
    assert values(bad, "T03.power")[0].max() > 299


@pytest.mark.parametrize(
    ("text", "asset", "name", "seconds"),
    [
        ("gearbox_bearing_wear@30s", "T01", "gearbox_bearing_wear", 30),
        ("T02.generator_cooling_loss@5 min", "T02", "generator_cooling_loss", 300),
        ("generator_cooling_loss@T03", "T03", "generator_cooling_loss", 0),
        ("anemometer_stuck@12.5", "MM", "anemometer_stuck", 12.5),
        ("T04.sensor_noise@2026-03-01T06:01:00Z", "T04", "sensor_noise", 60),
        ("communication_loss", "T01", "communication_loss", 0),
    ],
)
def test_that_a_fault_is_named_with_its_asset_and_its_time(farm, text, asset, name, seconds):
    (found,) = injections([text], farm, START)
    assert (found.asset, found.name, (found.start - START) / SECOND) == (asset, name, seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gearbox_waer@30s", "there are anemometer_stuck, communication_loss, gearbox_bearing_wear"),
        ("T09.sensor_drift@30s", "no asset “T09”; there are T01"),
        ("SUB.sensor_drift@30s", "SUB has no faults; T01, T02, T03, T04, MM have some"),
        ("MM.sensor_drift@30s", "no fault “sensor_drift” of MM; there are anemometer_stuck"),
        ("sensor_drift@soon", "“soon” is no time; write 30s"),
        ("sensor_drift@T09", "“T09” is no time"),
    ],
)
def test_that_an_unknown_fault_is_refused_in_one_sentence_that_lists_what_there_is(farm, text, said):
    with pytest.raises(InputError) as refused:
        injections([text], farm, START)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_that_a_package_of_another_trade_emulates():
    skid = load(SKID)
    plant = Plant(skid, START, 3, injections(["worn_bearing@P1", "stuck_flow@P2"], skid, START))
    begun = plant.run_to(START + 60 * SECOND)
    plant.set("P1.speed_setpoint", 1_500)
    told = plant.run_to(START + 600 * SECOND)
    assert {channel.path for channel in told.channels} == {tag.path for tag in skid.tags.values() if not tag.computed}
    assert values(told, "P1.speed")[1][-1] == pytest.approx(1_500, abs=1)
    assert len(set(values(told, "P2.flow")[1])) == 1
    for tag in skid.tags.values():
        if not tag.computed and tag.kind is TagKind.NUMBER and tag.range:
            _, v = values(told, tag.path)
            assert not len(v) or tag.range[0] <= v.min() <= v.max() <= tag.range[1], tag.path
    _, level = values(told, "TK1.level")
    assert level.min() > 15
    assert level.max() < 85
    assert begun.waveforms[0].unit == "mm/s"


class Echo(Substation):
    """Gives on what it gathers."""

    outputs = (*Substation.outputs[1:], Variable("power", "W"))


def test_that_models_which_feed_each_other_in_a_circle_are_refused_by_name(farm, monkeypatch):
    monkeypatch.setitem(LIBRARY, "echo", Echo)
    echoes = {path: replace(farm.assets[path], model={"physics": "echo"}) for path in ("MM", "SUB")}
    relations = (*farm.relations, Relation("MM", "feeds", "SUB"), Relation("SUB", "feeds", "MM"))
    with pytest.raises(InputError, match=r"the models of (MM → SUB → MM|SUB → MM → SUB) feed each other in a circle"):
        Plant(replace(farm, assets={**farm.assets, **echoes}, relations=relations), START)


def test_that_unknown_physics_is_refused_with_what_there_is(farm):
    odd = {**farm.assets, "MM": replace(farm.assets["MM"], model={"physics": "centrifugal-pmp"})}
    with pytest.raises(InputError, match="MM: there is no physics “centrifugal-pmp”; there are access-door"):
        Plant(replace(farm, assets=odd), START)


def test_that_what_a_model_gives_no_number_for_is_told_as_bad(farm):
    """A shaft without stiffness diverges; what it tells is BAD, and all else goes on."""
    wild = with_settings(Scenario(), ["T02.inertia=1 kg*m^2", "T02.shaft_stiffness=1e-9 N*m/rad"], farm).varied(farm)
    told = Plant(wild, START).run_to(START + 5 * SECOND)
    bad = {told.channels[i].path for i in np.unique(told.channel[told.quality & 0b11 == Quality.BAD])}
    assert "T02.rotor_speed" in bad
    assert not any(path.startswith(("T01", "T03", "MM")) for path in bad)
    assert np.isfinite(
        told.bits.view(np.float64)[np.isin(told.channel, np.flatnonzero(told.channels.of_kind(TagKind.NUMBER)))]
    ).all()
