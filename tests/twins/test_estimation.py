"""The estimator follows a plant whose truth is known."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from twins.clock import SECOND
from twins.emulator.plant import Plant
from twins.estimation.checkpoint import checkpoint, resumed
from twins.estimation.estimator import FOLLOWERS, Estimator, Reading
from twins.estimation.gauges import Gauges
from twins.estimation.history import estimated
from twins.estimation.update import updated
from twins.historian.days import open_record
from twins.historian.file import RecordingFile
from twins.package.archive import zipped
from twins.package.loader import load
from twins.physics import Profile
from twins.record import EventKind
from twins.simulation.faults import Injection, injections
from twins.simulation.forecast import forecast
from twins.simulation.members import instant_of
from twins.simulation.scenario import Scenario
from twins.simulation.whatif import what_if
from twins.station.estimating import Estimating

START = 1_700_000_000 * SECOND
MAIN = Path(__file__).parents[2] / "main.py"
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"


@pytest.fixture(scope="module")
def farm():
    return load(NORTH_RIDGE)


@dataclass
class Followed:
    """An emulated plant and the estimator that sees nothing but its samples."""

    twin: object
    faults: tuple = ()
    seed: int = 3
    estimator: Estimator = field(init=False)

    def __post_init__(self):
        self.plant = Plant(self.twin, START, self.seed, self.faults)
        self.estimator = Estimator(self.twin, START)
        self.place = {tag.path: i for i, tag in enumerate(self.estimator.wanted)}
        self.values = np.full(len(self.place), np.nan)
        self.source = np.full(len(self.place), -(2**62), np.int64)
        self.seconds = 0

    def run(self, seconds, spoil=lambda path, value: value):
        for _ in range(seconds):
            self.seconds += 1
            self.take(self.plant.run_to(START + self.seconds * SECOND), spoil)
            if self.seconds > 1:
                self.estimator.step(Reading(self.values.copy(), self.source.copy()))

    def take(self, samples, spoil):
        for row in range(len(samples)):
            channel = samples.channels[samples.channel[row]]
            i = self.place.get(channel.path, -1)
            if i >= 0:
                bits = samples.bits[row : row + 1]
                value = float(bits.view(np.float64)[0]) if channel.kind.value == "number" else float(bits[0])
                self.values[i] = spoil(channel.path, value)
                self.source[i] = samples.source[row]

    def told(self):
        return dict(zip(self.estimator.tells, self.estimator.told().tolist(), strict=True))

    def interval(self, path):
        told = self.told()
        return told[f"{path}.p05"], told[f"{path}.p95"]


def step_of(parameter, to, at=0.0, asset="T01"):
    return Injection("changed", asset, START + int(at * SECOND), Profile("step", to=to), parameter=parameter, model=asset)


def test_that_intervals_of_a_linear_update_are_those_of_a_kalman_filter():
    rng, members, instances = np.random.default_rng(1), 400, 300
    truth = rng.standard_normal((2, instances)) * np.array([[2.0], [1.0]])
    x = rng.standard_normal((2, members, instances)) * np.array([[[2.0]], [[1.0]]])
    measured = (truth.sum(axis=0) + 0.5 * rng.standard_normal(instances))[None]
    noise = np.full((1, instances), 0.25)
    drawn, slow, found = updated(x, x[:0], x.sum(axis=0)[None], measured, noise, noise)
    total = 4 + 1 + 0.25
    assert found.used.mean() > 0.99
    np.testing.assert_allclose(drawn.std(axis=1).mean(axis=1) ** 2, [4 - 16 / total, 1 - 1 / total], rtol=0.08)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=1)
    inside = ((truth >= low) & (truth <= high)).mean()
    assert 0.85 < inside < 0.95
    assert not len(slow)


def test_that_what_is_unrelated_is_hardly_touched():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20, FOLLOWERS, 50))
    own = rng.standard_normal((1, FOLLOWERS, 50))
    noise = np.full((1, 50), 0.1)
    drawn, _, _ = updated(x, x[:0], own, np.full((1, 50), 2.0), noise, noise)
    assert np.abs(drawn - x).mean() < 0.15


def test_that_beyond_the_gate_nothing_changes():
    x = np.random.default_rng(3).standard_normal((1, FOLLOWERS, 1))
    noise = np.full((1, 1), 0.1)
    drawn, _, found = updated(x, x[:0], x, np.array([[50.0]]), noise, noise)
    assert not found.used.any()
    assert (drawn == x).all()


def test_that_a_sound_plant_is_as_expected_and_its_parameters_are_within_their_intervals(farm):
    followed = Followed(farm)
    followed.run(240)
    residuals = {path: value for path, value in followed.told().items() if path.endswith(".residual")}
    assert len(residuals) == 44
    assert np.median(np.abs(list(residuals.values()))) < 1.5
    held = 0
    for each in followed.estimator.parameters:
        low, high = np.quantile(each.members, [0.05, 0.95], axis=0)
        true = np.array([each.group.parameters[each._row, FOLLOWERS, leeway.instance] for leeway in each.leeways])
        held += int(((true >= low) & (true <= high)).sum())
    assert held >= 12  # of 16 at 90 %: fewer have a chance of 1 in 150


def test_that_a_parameter_is_known_no_better_than_the_package_says_and_worse_after_a_jump(farm):
    followed = Followed(farm)
    followed.run(480)
    cooling = next(each for each in followed.estimator.parameters if each.name == "gearbox_cooling")
    spread = cooling.members.std(axis=0)
    assert np.all(spread > 0.99 * 0.00065)
    assert np.median(spread) < 0.12 / 10  # and better than to an eighth of its spread
    jumped = np.array([leeway.path.startswith("T01.") for leeway in cooling.leeways])
    cooling.reopen(jumped * 1.0, followed.estimator.time)
    followed.run(60)
    spread = cooling.members.std(axis=0)
    assert np.all(spread[jumped] > 0.99 * 0.12 / 8)
    assert np.median(spread[~jumped]) < 0.12 / 10


def test_that_intervals_hold_what_a_plant_has_and_are_narrow(farm):
    held, wide, chance = [], [], np.random.default_rng(77)
    for seed in (21, 22):
        followed = Followed(farm, seed=seed)
        truths = {}
        for each in followed.estimator.parameters:
            for leeway in each.leeways:
                truths[leeway.path] = each.usual_of(leeway) + leeway.spread * chance.standard_normal()
                followed.plant.turn(leeway.path, truths[leeway.path])
        for _ in range(4):
            followed.run(60)
            for each in followed.estimator.parameters if followed.seconds > 120 else ():
                for leeway in each.leeways:
                    low, high = followed.interval(leeway.path)
                    held.append(low <= truths[leeway.path] <= high)
                    wide.append((high - low) / leeway.spread)
    assert len(held) == 64
    assert np.mean(held) > 0.75
    assert np.median(wide) < 0.5


def test_that_a_model_is_further_off_where_its_inputs_leave_more_open(farm):
    tag, chance = farm.tags["T01.power"], np.random.default_rng(5)
    gauges = Gauges([tag])
    first = gauges.spread_of(np.array([10.0]))[0]
    for second in range(6 * 3600):
        own = np.array([30.0 if second // 600 % 2 else 10.0])
        gauges.compare(3 * np.hypot(own, 5.0) * chance.standard_normal(1), own, 1.0)
    calm, gusty = (gauges.spread_of(np.array([each]))[0] for each in (10.0, 30.0))
    assert first == pytest.approx(2 * np.hypot(10.0, 5.3), rel=0.01)
    assert gusty == pytest.approx(3 * np.hypot(30.0, 5.3), rel=0.15)
    assert calm == pytest.approx(3 * np.hypot(10.0, 5.3), rel=0.15)


@pytest.mark.parametrize(("parameter", "to"), [("gearbox_cooling", 0.95), ("gearbox_bearing_friction", 1.05)])
def test_that_a_change_of_five_percent_is_found(farm, parameter, to):
    followed = Followed(farm, (step_of(parameter, to, at=120),))
    followed.run(300)
    low, high = followed.interval(f"T01.{parameter}")
    assert low <= to <= high
    assert not low <= 1.0 <= high


def test_that_bad_stuck_and_missing_sensors_spoil_nothing_else(farm):
    followed = Followed(farm)
    followed.run(120)

    def spoil(path, value):
        if path == "T01.gearbox_oil_temperature":
            return value + 15.0  # a jump to where it can't be
        if path == "T01.generator_winding_temperature":
            return 55.0  # stuck
        return np.nan if path.startswith("T02.") else value

    followed.run(90, spoil)
    told = followed.told()
    assert told["T01.gearbox_oil_temperature.residual"] > 10
    assert np.isnan(told["T02.power.residual"])
    assert abs(told["T01.power.residual"]) < 4
    low, high = followed.interval("T01.gearbox_cooling")
    assert low < 1.0 < high
    followed.run(60)
    told = followed.told()
    assert abs(told["T02.power.residual"]) < 6
    assert abs(told["T01.gearbox_oil_temperature.residual"]) < 6


def test_that_the_same_readings_give_the_same_bits(farm):
    one, other = Followed(farm), Followed(farm)
    one.run(15)
    other.run(15)
    assert one.estimator.told().tobytes() == other.estimator.told().tobytes()


@pytest.fixture(scope="module")
def recorded(farm, tmp_path_factory):
    """Five minutes of a plant whose T02 lost its gearbox cooler after two, and the same with what was estimated of it."""
    folder = tmp_path_factory.mktemp("estimated")
    plant = Plant(farm, START, 4, injections(["T02.gearbox_cooling_loss@120s"], farm, START))
    raw, told = folder / "raw.twin-recording", folder / "told.twin-recording"
    with contextlib.closing(RecordingFile.create(raw, zipped(NORTH_RIDGE), farm.id, START, simulated=True)) as file:
        for minute in range(1, 6):
            file.append(plant.run_to(START + minute * 60 * SECOND))
    with contextlib.closing(open_record(raw)) as record:
        estimate = estimated(farm, record, START, START + 300 * SECOND, told)
    return raw, told, estimate


def test_that_a_record_is_told_with_what_was_expected_of_it(recorded):
    _, told, estimate = recorded
    with contextlib.closing(open_record(told)) as record:
        snapshot = record.at(START + 299 * SECOND, hindsight=True)
        assert snapshot.reading("T02.gearbox_oil_temperature.residual").value > 10
        assert abs(snapshot.reading("T01.gearbox_oil_temperature.residual").value) < 5
        assert snapshot.reading("T02.gearbox_cooling.p95").value < 0.3
        saved = record.events(START, START + 300 * SECOND, (EventKind.CHECKPOINT,))
    assert len(saved) == 5
    assert estimate.residuals.n.max() > 290
    assert told.stat().st_size < 4_000_000


def test_that_what_was_estimated_before_is_not_told_twice(farm, recorded, tmp_path):
    _, told, _ = recorded
    again = tmp_path / "again.twin-recording"
    with contextlib.closing(open_record(told)) as record:
        estimated(farm, record, START, START + 60 * SECOND, again)
    with contextlib.closing(open_record(again)) as record:
        samples = record.between(START, START + 60 * SECOND, ["T01.power.expected"])
        assert len(samples) == len(np.unique(samples.source)) > 8
        assert len(record.events(START, START + 60 * SECOND, (EventKind.CHECKPOINT,))) == 1


def test_that_a_what_if_and_a_forecast_go_on_from_what_was_estimated(farm, recorded, tmp_path):
    raw, told, _ = recorded
    package, at = zipped(NORTH_RIDGE), START + 290 * SECOND
    found = {}
    for name, source in (("raw", raw), ("told", told)):
        what_if(
            farm, package, source, at, Scenario(duration=60 * SECOND, spin_up=60 * SECOND), tmp_path / f"{name}.twin-recording"
        )
        with contextlib.closing(open_record(tmp_path / f"{name}.twin-recording")) as branch:
            found[name] = branch.at(at + 59 * SECOND, hindsight=True).reading("T02.gearbox_oil_temperature").value
    assert found["told"] > found["raw"] + 3  # who knows that the cooler is lost sees the oil go on rising
    place = tmp_path / "forecast.twin-recording"
    forecast(farm, package, told, at, Scenario(duration=60 * SECOND, step=SECOND), place, members=24)
    with contextlib.closing(open_record(place)) as branch:
        assert branch.at(at + 59 * SECOND, hindsight=True).reading("T02.gearbox_oil_temperature.p50").value > 76
    scenario = Scenario(duration=60 * SECOND, parameters={"T02.gearbox_cooling": 1.0})
    what_if(farm, package, told, at, scenario, tmp_path / "mended.twin-recording")
    with contextlib.closing(open_record(tmp_path / "mended.twin-recording")) as branch:
        assert branch.at(at + 59 * SECOND, hindsight=True).reading("T02.gearbox_oil_temperature").value < found["told"] - 3


def test_that_a_what_if_knows_what_was_estimated_since_the_last_checkpoint(farm, recorded, tmp_path):
    _, told, _ = recorded
    at, oil, place = START + 195 * SECOND, "T02.gearbox_oil_temperature", tmp_path / "since.twin-recording"
    scenario = Scenario(duration=100 * SECOND, step=SECOND, spin_up=60 * SECOND)
    what_if(farm, zipped(NORTH_RIDGE), told, at, scenario, place)  # the friction, taken for 2.8 at 160 s, is 1.0 again by then
    with contextlib.closing(open_record(told)) as record, contextlib.closing(open_record(place)) as branch:
        saved = record.events(START, at, (EventKind.CHECKPOINT,))
        assert instant_of(saved[-1]) <= START + 161 * SECOND
        for after, off in ((2, 0.5), (99, 1.5)):
            plant, run = (each.at(at + after * SECOND, hindsight=True).reading(oil).value for each in (record, branch))
            assert abs(run - plant) < off


def test_that_an_estimator_goes_on_from_its_checkpoint(farm):
    followed = Followed(farm)
    followed.run(60)
    estimator = followed.estimator
    other = Estimator(farm, estimator.time)
    assert resumed(other, checkpoint(estimator, estimator.time))
    for one, two in zip(estimator.parameters, other.parameters, strict=True):
        np.testing.assert_allclose(two.members, one.members, rtol=1e-3, atol=1e-3 * one.leeways[0].spread)
    np.testing.assert_array_equal(other.expected, estimator.expected)
    followed.estimator = other
    followed.run(1)
    np.testing.assert_allclose(other.expected, estimator.expected, atol=600)  # no kelvin is 273 less: kW are the coarsest
    followed.run(29)
    assert np.nanmedian(np.abs(other.residual)) < 2
    assert not resumed(Estimator(farm, 0, known=["T01.power", "T01.wind_speed"]), checkpoint(estimator, 0))


def test_that_nothing_is_expected_of_models_that_have_not_stepped_yet(farm):
    followed = Followed(farm)
    followed.run(2)
    expected = followed.told()
    for name in ("gearbox_oil_temperature", "nacelle_temperature", "converter_temperature"):
        measured = followed.values[followed.place[f"T01.{name}"]]
        assert expected[f"T01.{name}.expected"] == pytest.approx(measured, abs=1.0)


def test_that_estimating_from_the_command_line_answers_in_json(recorded, capsys):
    raw, *_ = recorded
    done = subprocess.run([sys.executable, MAIN, "estimate", raw, "--json"], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert {each["parameter"] for each in told["parameters"]} >= {"T01.gearbox_cooling", "T04.drivetrain_efficiency"}
    assert next(each for each in told["tags"] if each["tag"] == "T02.gearbox_oil_temperature")["residual"] > 10


def test_that_an_estimate_that_is_killed_politely_or_has_no_place_writes_nothing(recorded, tmp_path):
    raw, *_ = recorded
    line = [sys.executable, MAIN, "estimate", raw, "--to"]
    same = subprocess.run([*line, raw], capture_output=True, text=True, check=False)
    assert (same.returncode, same.stderr) == (1, f"twindeck: {raw} is there already; name another file\n")
    working = subprocess.Popen([*line, tmp_path / "told.twin-recording"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while working.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.01)
    working.terminate()
    _, said = working.communicate(timeout=30)
    assert (working.returncode, said) == (1, b"twindeck: the estimate was cancelled; nothing was written\n")
    assert not list(tmp_path.iterdir())


def test_that_a_twin_without_anything_to_estimate_is_refused_in_one_sentence(recorded, tmp_path):
    raw, *_ = recorded
    bare = Path(shutil.copytree(NORTH_RIDGE, tmp_path / "bare"))
    types = bare / "types" / "wind-turbine.yaml"
    text = types.read_text()
    types.write_text(text[: text.index("      estimate:")] + text[text.index("    faults:\n", text.index("      estimate:")) :])
    done = subprocess.run([sys.executable, MAIN, "estimate", raw, "--twin", bare], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "estimates nothing; write estimate:" in done.stderr


def test_that_recording_goes_on_whatever_becomes_of_the_estimator(farm, monkeypatch):
    followed = Followed(farm)
    estimating = Estimating(farm, followed.plant.instruments.channels)
    assert estimating.start(None, START) == []
    now = START + 5 * SECOND
    _, events = estimating.follow(followed.plant.run_to(now), now)
    assert [event.kind for event in events] == [EventKind.CHECKPOINT]

    def breaks(*_):
        raise FloatingPointError("nothing fits")

    monkeypatch.setattr(Estimator, "step", breaks)
    now += 3 * SECOND
    samples, events = estimating.follow(followed.plant.run_to(now), now)
    assert not len(samples)
    assert events[0].data["state"] == "estimator_stopped"
    assert "nothing fits" in events[0].data["message"]
    monkeypatch.undo()
    now += 60 * SECOND
    for _ in range(12):
        now += SECOND
        samples, events = estimating.follow(followed.plant.run_to(now), now)
        assert not events or events[0].kind is EventKind.CHECKPOINT
    assert estimating.follow(followed.plant.run_to(now + 5 * SECOND), now + 5 * SECOND)[0].channels == estimating.channels


def test_that_a_checkpoint_of_another_version_is_not_taken(farm):
    followed = Followed(farm)
    followed.run(5)
    event = checkpoint(followed.estimator, followed.estimator.time)
    for spoilt in (
        {"form": 99}, {"groups": [{"instances": ["T01"]}]}, {"learnt": {"gauges": [3, "AAAA"]}}, {"learnt": 5}, {"groups": "x"},
    ):  # fmt: skip
        assert not resumed(Estimator(farm, START), replace(event, data={**event.data, **spoilt}))


def test_that_of_what_is_not_measured_nothing_is_learnt(farm):
    known = [path for path in farm.tags if path.startswith("T01.") or "." not in path]
    followed = Followed(farm)
    followed.estimator = Estimator(farm, START, known=known)
    followed.place = {tag.path: i for i, tag in enumerate(followed.estimator.wanted)}
    followed.values, followed.source = followed.values[: len(followed.place)], followed.source[: len(followed.place)]
    followed.run(60)
    low, high = followed.interval("T03.gearbox_cooling")
    assert low < 0.9 < 1.1 < high
    narrow = followed.interval("T01.gearbox_cooling")
    assert narrow[1] - narrow[0] < high - low
