"""What-if: a branch of the record that goes as the plant went, until something is otherwise; repeatable to the bit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import PLANT_START as START
from tests.rig import main_py
from twins import InputError
from twins.clock import MINUTE, SECOND, parse_time
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError
from twins.record import EventKind, Quality
from twins.simulation.comparing import compared
from twins.simulation.run import RunCancelled
from twins.simulation.scenario import Scenario
from twins.simulation.scenario_file import scenario_of, with_settings
from twins.simulation.whatif import what_if

FORK = START + 15 * MINUTE
SHORT = Scenario(duration=5 * MINUTE, spin_up=10 * MINUTE)


@pytest.fixture
def run(farm, package, record, tmp_path):
    """Runs a scenario and answers the branch's path."""

    def _run(name="what-if", source=record, at=FORK, scenario=SHORT):
        path = tmp_path / f"{name}.twin-recording"
        what_if(farm, package, source, at, scenario, path)
        return path

    return _run


def values(path, tag, start, end):
    with RecordingFile.open(path) as file:
        samples = file.between(start, end, [tag])
        return samples.source, samples.bits.view(np.float64)


def content(path):
    with RecordingFile.open(path) as file:
        samples = file.between(-(2**62), 2**62)
        return [channel.path for channel in samples.channels], samples.source.tobytes() + samples.bits.tobytes()


def test_that_an_unchanged_what_if_goes_as_the_plant_went(run, record):
    branch = run(scenario=replace(SHORT, duration=9 * MINUTE))
    for tag, off in (("T01.power", 30), ("T03.power", 30), ("T02.gearbox_oil_temperature", 0.3), ("T04.rotor_speed", 0.1)):
        _, real = values(record, tag, FORK + MINUTE, FORK + 9 * MINUTE)
        _, made = values(branch, tag, FORK + MINUTE, FORK + 9 * MINUTE)
        assert abs(real.mean() - made.mean()) < off, tag
    _, limited = values(branch, "T02.power", FORK + 5 * MINUTE, FORK + 9 * MINUTE)
    assert limited.max() < 705, "the command that was given at 18 minutes holds in the branch, too"


def test_that_what_is_otherwise_shows_where_it_should_and_nowhere_else(run, farm):
    alike = run("alike")
    changed = with_settings(SHORT, ["T01.active_power_limit=600"], farm)
    limited = run("limited", scenario=changed)
    _, before = values(alike, "T01.power", FORK + MINUTE, FORK + 5 * MINUTE)
    _, after = values(limited, "T01.power", FORK + MINUTE, FORK + 5 * MINUTE)
    assert after.max() < 605 < before.mean()
    assert np.array_equal(*(values(path, "T03.power", FORK, FORK + 5 * MINUTE)[1] for path in (alike, limited)))


def test_that_a_broken_cooler_is_seen_to_pass_its_limit(farm, package, record, tmp_path):
    hot = Scenario(duration=8 * MINUTE, faults=("T03.gearbox_cooling_loss@10s",), spin_up=10 * MINUTE)
    found = what_if(farm, package, record, FORK, hot, tmp_path / "hot.twin-recording")
    assert "T03.gearbox_oil_temperature" in {crossing.tag for crossing in found.crossings}
    assert all(crossing.tag.startswith("T03") for crossing in found.crossings if "temperature" in crossing.tag)


def test_that_the_same_scenario_gives_the_same_bits(run):
    assert content(run("one")) == content(run("other"))


def test_that_a_branch_of_a_branch_goes_on_to_the_bit(run):
    long = run("long")
    inner = run("inner", source=long, at=FORK + 150 * SECOND, scenario=replace(SHORT, duration=150 * SECOND))
    for tag in ("T01.power", "T04.pitch_angle", "SUB.oil_temperature", "power"):
        a, b = (values(path, tag, FORK + 151 * SECOND, FORK + 5 * MINUTE) for path in (long, inner))
        assert np.array_equal(a[0], b[0]), tag
        assert np.array_equal(a[1], b[1]), tag


@pytest.mark.parametrize("after", [200, 600])
def test_that_it_does_so_past_the_weather_s_turns_and_the_record_s_end(run, after):
    """The weather follows what is measured every ten minutes, and goes on alone from 25 minutes on: before and after both."""
    long = run("long", scenario=replace(SHORT, duration=14 * MINUTE))
    inner = run("inner", source=long, at=FORK + after * SECOND, scenario=replace(SHORT, duration=14 * MINUTE - after * SECOND))
    for tag in ("T01.wind_speed", "T03.power", "SUB.export_power"):
        a, b = (values(path, tag, FORK + (after + 1) * SECOND, FORK + 14 * MINUTE) for path in (long, inner))
        assert len(a[1]) > 190, tag
        assert np.array_equal(a[1], b[1]), tag


def test_that_forks_go_five_deep_and_keep_what_was_changed_on_the_way(run, farm):
    source, at = run("f0"), FORK
    for k in range(1, 6):
        at += 50 * SECOND
        changed = with_settings(replace(SHORT, duration=MINUTE), [f"T0{min(k, 4)}.active_power_limit={400 + 10 * k}"], farm)
        source = run(f"f{k}", source=source, at=at, scenario=changed)
    with RecordingFile.open(source) as file:
        last = file.at(file.span()[1])
        assert [last.reading(f"T0{k}.active_power_limit").value for k in (1, 2, 3, 4)] == [410.0, 420.0, 430.0, 450.0]
        assert file.meta["lane"] == "what-if"
        assert file.events(-(2**62), 2**62, (EventKind.CHECKPOINT,))


def test_that_past_the_record_the_weather_goes_on_from_what_was_last_measured(run, record):
    branch = run(at=START + 24 * MINUTE, scenario=replace(SHORT, duration=6 * MINUTE))
    _, before = values(record, "T01.wind_speed", START + 20 * MINUTE, START + 25 * MINUTE)
    _, after = values(branch, "T01.wind_speed", START + 26 * MINUTE, START + 30 * MINUTE)
    assert len(after) > 200
    assert abs(before.mean() - after.mean()) < 2.5


def test_that_without_a_record_the_models_run_by_themselves(farm, package, tmp_path):
    path = tmp_path / "free.twin-recording"
    what_if(farm, package, None, START, replace(SHORT, duration=2 * MINUTE), path)
    assert values(path, "power", START, START + 2 * MINUTE)[1].mean() > 100


def test_that_what_diverges_is_bad_and_named(farm, package, record, tmp_path):
    path = tmp_path / "wild.twin-recording"
    wild = with_settings(SHORT, ["T02.inertia=1 kg*m^2", "T02.shaft_stiffness=1e-9 N*m/rad"], farm)
    found = what_if(farm, package, record, FORK, replace(wild, duration=20 * SECOND), path)
    with RecordingFile.open(path) as file:
        last = file.at(file.span()[1])
        for tag in ("T02.rotor_speed", "T02.power"):
            reading = last.reading(tag)
            assert np.isfinite(reading.value) or reading.quality is Quality.BAD
    told = {sentence.split()[0] for sentence in found.lost}
    assert "T02.rotor_speed" in told
    assert all(tag.startswith(("T02", "SUB")) for tag in told)


def test_that_a_cancelled_run_leaves_nothing(farm, package, record, tmp_path):
    with pytest.raises(RunCancelled, match="nothing was written"):
        what_if(farm, package, record, FORK, SHORT, tmp_path / "no.twin-recording", cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_that_key_figures_are_held_against_the_record(run, farm, record):
    limited = run("limited", scenario=with_settings(SHORT, ["T01.active_power_limit=600"], farm))
    found = compared([record, limited], FORK + MINUTE, FORK + 5 * MINUTE)
    energy = next(figure for figure in found.figures if figure.name == "energy")
    real, made = (course.of(energy).value for course in found.courses)
    _, power = values(record, "T01.power", FORK + MINUTE, FORK + 5 * MINUTE)
    assert real - made == pytest.approx((power.mean() - 600) / 15 / 1000, abs=0.004)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "parameters: { T01.gearbox_cool: 0.2 }",
            "1: there is no parameter “T01.gearbox_cool” — did you mean “gearbox_cooling”?",
        ),
        ("parameters:\n  T01.gearbox_cooling: 7", "2: T01.gearbox_cooling can't be 7"),
        ("inputs: { T01.wind: 4 m/s }", "there is no input “T01.wind”"),
        ("inputs: { wind_speed: [[0 min, 8 m/s], 4] }", "write it like [[0 min, 8 m/s], [10 min, 14 m/s]]"),
        ("commands:\n - { tag: T01.power, value: 4 }", "2: “T01.power” can't be commanded"),
        ("commands: [{ tag: T01.active_power_limit, value: 9000 kW }]", "outside what T01.active_power_limit can be"),
        ("for: soon", "“soon” is not a duration"),
        ("weather: nice", "write recorded or modelled"),
        ("fro: 6 h", "fro"),
        ("- 1", "this is no scenario"),
        ("", "the file is empty"),
    ],
)
def test_that_a_faulty_scenario_is_refused_with_its_line_and_remedy(farm, text, told):
    with pytest.raises(InputError) as refused:
        scenario_of(text, farm, "s.yaml")
    assert told in str(refused.value)
    assert "s.yaml" in str(refused.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--for", "40000 d"), "is too long; a run goes over"),
        (("--for", "9 d", "--step", "1 ms"), "steps are too many; take a longer step"),
        (("--for", "0 s"), "is no time that can pass"),
        (("--for", "soon"), "is not a duration"),
        (("--weather", "nice"), "write recorded or modelled"),
        (("--set", "T01.gearbox_cooling"), "write ASSET.PARAMETER=VALUE"),
        (("--set", "T01.active_power_limit=1 K"), "K"),
        (("--fault", "T01.nothing@1 min"), "there is no fault “nothing”"),
        (("--scenario", "nowhere.yaml"), "there is no scenario"),
        (("--from", "nowhere.twin-recording"), "nowhere.twin-recording"),
    ],
)
def test_that_what_can_t_be_run_is_one_sentence_and_writes_nothing(more, told, tmp_path):
    done = main_py("simulate", "north-ridge", *more, "--to", str(tmp_path / "no.twin-recording"))
    assert done.returncode == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_that_a_record_is_never_written_over_and_a_branch_is(farm, package, record, tmp_path):
    mine = tmp_path / "mine.twin-recording"
    mine.write_bytes(record.read_bytes())
    with pytest.raises(RecordingError, match="is no what-if or forecast; name another file"):
        what_if(farm, package, mine, FORK, SHORT, mine)
    assert mine.read_bytes() == record.read_bytes()
    other = tmp_path / "notes.txt"
    other.write_text("kept")
    with pytest.raises(RecordingError):
        what_if(farm, package, record, FORK, SHORT, other)
    assert other.read_text() == "kept"
    branch = tmp_path / "branch.twin-recording"
    for duration in (20, 40):
        what_if(farm, package, mine, FORK, replace(SHORT, duration=duration * SECOND, spin_up=MINUTE), branch)
    with RecordingFile.open(branch) as file:
        assert file.span()[1] == FORK + 40 * SECOND


def test_that_a_scenario_file_says_all_that_can_be_otherwise(farm, run, tmp_path):
    text = """
name: A gust, a limit and an iced rotor
for: 3 min
seed: 7
parameters: { T01.icing: 0.8, wakes.strength: 0 }
inputs: { T02.wind_speed: [[0 s, 8 m/s], [1 min, 14 m/s]] }
commands: [{ at: 90 s, tag: T03.active_power_limit, value: 500 kW }]
faults: ["T04.generator_cooling_loss@1 min"]
"""
    branch = run(scenario=replace(scenario_of(text, farm), spin_up=10 * MINUTE))
    wind = values(branch, "T02.wind_speed", FORK, FORK + 3 * MINUTE)[1]
    assert set(wind) == {8.0, 14.0}
    assert values(branch, "T03.power", FORK + 2 * MINUTE, FORK + 3 * MINUTE)[1].max() < 505
    with RecordingFile.open(branch) as file:
        told = json.loads(file.meta["run"])
        assert told["name"] == "A gust, a limit and an iced rotor"
        assert told["faults"] == ["T04.generator_cooling_loss@2026-03-01T06:16:00Z"]


def test_that_the_command_line_simulates_and_compares(record, tmp_path):
    to = tmp_path / "cli.twin-recording"
    at = ["--from", str(record), "--at", "2026-03-01T06:15:00Z"]
    done = main_py(
        "simulate", "north-ridge", *at, "--set", "T01.active_power_limit=600", "--for", "2 min", "--to", str(to), "--json"
    )
    told = json.loads(done.stdout)
    energy = next(row for row in told["comparison"]["figures"] if row["name"] == "energy")
    assert energy["differences"][1] < 0
    both = json.loads(main_py("compare", str(record), str(to), "--json").stdout)
    assert both["courses"] == ["plant", "cli"]
    refused = main_py("simulate", "north-ridge", "--from", str(record), "--at", "2031-01-01T00:00:00Z", "--to", str(to))
    assert refused.returncode == 1
    assert refused.stderr.startswith("twindeck: ")
    assert "choose an instant within" in refused.stderr


def test_that_a_record_of_half_the_farm_is_compared_by_what_it_knows(farm, package, real_year, tmp_path):
    """Two of four turbines were recorded: the figures are of these, in the what-if too."""
    path = tmp_path / "june.twin-recording"
    start = parse_time("2014-06-04T00:00:00Z")
    what_if(farm, package, real_year, start, Scenario(duration=24 * 60 * MINUTE, step=5 * MINUTE), path)
    found = compared([real_year, path], start, start + 24 * 60 * MINUTE)
    assert found.without[:2] == ("T03", "T04")
    energy = next(figure for figure in found.figures if figure.name == "energy")
    real, made = (course.of(energy).value for course in found.courses)
    assert real == pytest.approx(made, rel=0.15)
    with RecordingFile.open(real_year) as file:
        power = [file.trend(f"T0{k}.power", start, start + 24 * 60 * MINUTE, 1000).mean.mean() for k in (1, 2)]
    assert real == pytest.approx(sum(power) * 24 / 1000, rel=0.02)
