"""Predictors that come with a package: what they find is called, explained, over when it is gone, and never costs a sample."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from twins.checking import check
from twins.clock import HOUR, MINUTE, SECOND
from twins.historian.memory import MemoryRecording
from twins.package.loader import load
from twins.prognosis.calls import Calls
from twins.prognosis.prediction import Life, Prediction, prediction_in
from twins.prognosis.predictors.declared import declared
from twins.prognosis.predictors.predicting import Predicting
from twins.prognosis.predictors.replaying import predicted
from twins.record import Channel, Quality, Samples, quality_byte

START = 1_700_000_000 * SECOND
NORTH_RIDGE = Path(__file__).parents[2] / "resources" / "twins" / "north-ridge"
TWIN = """
twin: { id: skid, name: Pump skid }
types:
  pump:
    kind: component
    tags:
      speed: { unit: rpm, range: [0, 3000] }
      power: { unit: kW, range: [0, 20], quantity: power }
      bearing_temperature: { unit: degC, range: [0, 120], limits: { high: 80, high_high: 95 } }
      state: { kind: enumeration, values: [stopped, running] }
    faults: { worn: { tag: speed, profile: stuck, label: Bearing worn, action: Change it, within: 3 d, downtime: 6 h } }
assets: [{ id: P1, type: pump }, { id: P2, type: pump }]
"""
HOT = """
type: pump
fault: worn
where: state == running
limits:
  levels:
    - { when: bearing_temperature > 70 degC, over: 1 min, probability: 0.9, severity: 0.5 }
  evidence: [{ tag: bearing_temperature, expected: 40 degC + power * 1 K/kW, spread: 2 }]
"""
RISES = "  trend: { tag: bearing_temperature, limit: high_high, over: 1 h }\n"


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "skid"
    (folder / "predictors").mkdir(parents=True)
    (folder / "twin.yaml").write_text(TWIN)
    return folder


def write(folder, text, name="hot"):
    (folder / "predictors" / f"{name}.yaml").write_text(text)
    return folder


def plant(twin, hot, seconds=1_200, *, quality=0, asset="P1", start=START, inside=""):
    """Both pumps run; one is as `hot` says, °C of seconds."""
    t = start + np.arange(seconds) * SECOND
    s, rng, batches = np.arange(seconds), np.random.default_rng(1), []
    for path in (f"{inside}P1", f"{inside}P2"):
        told = {"speed": 1_500 + 20 * rng.standard_normal(seconds), "power": 10 + rng.standard_normal(seconds)}
        told["bearing_temperature"] = (hot(s) if path == inside + asset else np.full(seconds, 50.0)) + 0.3 * rng.standard_normal(
            seconds
        )
        batches += [
            Samples.numbers(
                Channel.of(twin.tags[f"{path}.{name}"]), t, values, quality=quality if name == "bearing_temperature" else 0
            )
            for name, values in told.items()
        ]
        batches.append(Samples.numbers(Channel.of(twin.tags[f"{path}.state"]), t[:1], [1]))
    return Samples.join(batches)


def recorded(samples):
    record = MemoryRecording()
    record.append(samples)
    return record


def foretold(twin, samples, predicting=None):
    predicting = predicting or Predicting(twin, Calls(), patient=True)
    predicting.take(samples)
    return predicting.until(int(samples.source.max()) + 3 * SECOND)


def test_that_a_level_that_holds_is_called_with_its_fault_its_evidence_and_its_deadline(package):
    twin = load(write(package, HOT))
    events = foretold(twin, plant(twin, lambda s: 50 + s / 20))
    assert {event.key for event in events} == {"P1.hot"}
    made = prediction_in(events[0])
    assert (made.label, made.action, made.probability) == ("Bearing worn", "Change it", 0.9)
    assert made.evidence[0].tag == "P1.bearing_temperature"
    assert made.evidence[0].residual == pytest.approx((made.evidence[0].measured - made.evidence[0].expected) / 2, abs=0.1)
    assert made.deadline - made.time <= 3 * 86_400 * SECOND
    assert made.model == "predictor hot (limits)"
    assert len(made.version) == 12
    assert made.lost_energy_kwh == pytest.approx(60, abs=5)


def test_that_a_trend_tells_when_its_limit_is_passed(package):
    twin = load(write(package, HOT + RISES))
    events = foretold(twin, plant(twin, lambda s: 65 + s / 150, 2_400))
    lives = [life for event in events if (life := prediction_in(event).life)]
    truth = [30 * 150 - (prediction_in(event).time - START) / SECOND for event in events if prediction_in(event).life]
    assert lives
    assert lives[-1].low < truth[-1] < lives[-1].high


def test_that_what_is_gone_is_over(package):
    twin = load(write(package, HOT))
    events = foretold(twin, plant(twin, lambda s: np.where(s < 600, 75.0, 50.0)))
    assert [event.stands for event in events][-1:] == [False]


def test_that_bad_inputs_give_no_verdict(package):
    twin = load(write(package, HOT))
    bad = quality_byte(Quality.BAD)
    assert foretold(twin, plant(twin, lambda s: 75 + 0 * s, quality=bad)) == []


def test_that_what_stands_goes_on_standing_while_nothing_is_heard_and_after_a_restart(package):
    twin = load(write(package, HOT))
    calls = Calls()
    predicting = Predicting(twin, calls, patient=True)
    hot = plant(twin, lambda s: 75 + 0 * s, 600)
    said = foretold(twin, hot, predicting)
    assert predicting.until(START + HOUR) == []
    again = Calls(said[-1:])
    restarted = Predicting(twin, again, patient=True)

    assert restarted.start(recorded(hot), START + 605 * SECOND) == []
    later = plant(twin, lambda s: 75 + 0 * s, 100, start=START + 600 * SECOND)
    assert [e for e in foretold(twin, later, restarted) if not e.stands] == []
    assert "P1.hot" in again.standing


def test_that_a_stretch_knows_what_was_said_on_change_before_it(package):
    twin = load(write(package, HOT))  # where: state == running, which was told once, at the beginning
    record = recorded(plant(twin, lambda s: 75 + 0 * s, 900))
    events = predicted(twin, record, START + 600 * SECOND, START + 900 * SECOND)
    assert [(event.key, event.time - START <= 660 * SECOND) for event in events] == [("P1.hot", True)]


def test_that_the_predictions_of_a_predictor_that_is_gone_are_over(package):
    said = foretold(twin := load(write(package, HOT)), plant(twin, lambda s: 75 + 0 * s))
    (package / "predictors" / "hot.yaml").unlink()

    events = Predicting(load(package), Calls(said[-1:]), patient=True).start(MemoryRecording(), START + HOUR)
    assert [(event.key, event.stands) for event in events] == [("P1.hot", False)]


def test_that_a_table_is_read_from_a_csv(package):
    (package / "predictors" / "hot.csv").write_text(
        "when,over,probability,severity\nbearing_temperature > 70 degC,1 min,0.9,0.4\n"
    )
    twin = load(write(package, "type: pump\nlimits: { table: hot.csv }\n"))
    assert prediction_in(foretold(twin, plant(twin, lambda s: 75 + 0 * s))[0]).severity[1] == 0.4


def test_that_a_table_of_another_country_is_read(package):
    (package / "predictors" / "hot.csv").write_text(
        "when;over;probability;severity\nbearing_temperature > 70 degC;1 min;0,9;0,4\n"
    )
    twin = load(write(package, "type: pump\nlimits: { table: hot.csv }\n"))
    assert prediction_in(foretold(twin, plant(twin, lambda s: 75 + 0 * s))[0]).severity[1] == 0.4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "has no column when and none probability"),
        ("when,over,probability\n", "has no rows"),
        ("\0\xff\1", "has no column when"),
        ("when,probability\nspeed > 1 rpm,1.9\n", "line 2: probability “1.9” is not within 0 and 1"),
        ("when,probability\nspeed > 1 rpm,\n", "line 2: probability is empty"),
        ("when,probability\nspeed > 1 rpm,often\n", "line 2: probability “often” is no number"),
        ("when,probability\n,0.9\n", "line 2: when is empty"),
    ],
)
def test_that_a_table_that_says_nothing_or_nonsense_is_a_fault(package, content, words):
    (package / "predictors" / "hot.csv").write_text(content)
    faults = [str(fault) for fault in check(write(package, "type: pump\nlimits: { table: hot.csv }\n"))]
    assert len(faults) == 1
    assert words in faults[0]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("type: pumps\nlimits: { levels: [] }", 1, "pump"),
        ("type: pump\nassets: [P1]\nlimits: {}", 1, "twice"),
        (
            "type: pump\nlimits:\n  levels:\n    - { when: bering_temperature > 70 degC, probability: 0.9 }",
            4,
            "bering_temperature",
        ),
        ("type: pump\nlimits:\n  levels:\n    - { when: bearing_temperature > 70 kW, probability: 0.9 }", 4, "column"),
        ("type: pump\nlimits:\n  levels:\n    - { when: bearing_temperature > 70 degC, probability: 9 }", 4, "probability"),
        ("type: pump\nlimits:\n  trend: { tag: speed, limit: high }", 3, "no limit"),
        ("type: pump\nevery: soon\nlimits: { trend: { tag: bearing_temperature, limit: high } }", 2, "soon"),
        ("type: pump\nfault: wron\nlimits: { trend: { tag: bearing_temperature, limit: high } }", 2, "worn"),
        ("type: pump\nlimits: { table: gone.csv }", 2, "gone.csv"),
        ("type: pump", 1, "exactly one"),
        ("- a\n- b", 0, "no predictor"),
        ("type: pump\nonnx: { file: ../../x.onnx, inputs: { x: { tags: [speed] } }, outputs: { probability: p } }", 2, "x.onnx"),
        ("type: pump\ntrained: { models: { P1: gone.npz } }", 2, "gone.npz"),
    ],
)
def test_that_what_is_wrong_is_told_with_its_line_and_a_remedy(package, text, line, words):
    faults = [fault for fault in check(write(package, text)) if fault.file.startswith("predictors/")]
    assert faults
    assert faults[0].line == line
    assert words in f"{faults[0].message} {faults[0].remedy}"
    assert faults[0].remedy


def test_that_what_stands_takes_from_the_health_of_its_asset():
    calls = Calls()
    twin_health = {"P1.health": 100.0, "P2.health": 90.0}
    made = prediction("P1", severity=0.4)
    calls.hear(made.key, 0.9, START, START, lambda since, before: made)
    calls.hear(made.key, 0.9, START + MINUTE, START, lambda since, before: made)
    calls.worsen(twin_health)
    assert twin_health == {"P1.health": 60.0, "P2.health": 90.0}


def prediction(asset, severity):
    return Prediction(START, asset, "hot", "Hot", 0.9, (severity, severity, severity), START)


def test_that_what_is_left_grows_less_while_nothing_new_is_known_of_it():
    life = Life("P1.x", "high", 80.0, 100.0, 600.0, None, 0.9, 3_600.0, ((60.0, 1.0, 2.0, 3.0), (600.0, 4.0, 5.0, 6.0)))
    later = life.after(300.0)
    assert (later.low, later.middle, later.high, later.path) == (0.0, 300.0, None, ((300.0, 4.0, 5.0, 6.0),))
    assert life.after(700.0) is None


def test_that_the_demo_farms_hot_main_bearing_is_called_and_a_sound_one_is_not():
    twin, t = load(NORTH_RIDGE), START + np.arange(1_800) * SECOND
    warm = {"nacelle_temperature": 20 + 0 * t, "rotor_speed": 17 + 0 * t, "power": 1_900 + 0 * t}
    told = {f"{asset}.{name}": values for asset in ("T01", "T02") for name, values in warm.items()}
    told |= {"T01.main_bearing_temperature": 36 + 12 * np.arange(1_800) / 1_800, "T02.main_bearing_temperature": 36.0 + 0 * t}
    events = foretold(twin, Samples.join([Samples.numbers(Channel.of(twin.tags[path]), t, v) for path, v in told.items()]))
    assert {event.key for event in events} == {"T01.main-bearing-hot"}
    assert prediction_in(events[0]).evidence[0].tag == "T01.main_bearing_temperature"


def test_that_the_predictors_of_a_nested_twin_speak_of_its_assets_wherever_it_is_held(package, tmp_path):
    table = "when,over,probability,severity\nbearing_temperature > 70 degC,1 min,0.9,0.5\n"
    write(package, "assets: [P1]\nwhere: P2.state == running\nlimits: { table: hot.csv }\n")
    (package / "predictors" / "hot.csv").write_text(table)
    site = tmp_path / "site"
    shutil.copytree(package, site / "skid")
    (site / "twin.yaml").write_text(
        "twin: { id: site, name: Site }\nassets: [{ id: a, twin: skid }, { id: b, twin: skid, at: { x: 9, y: 0 } }]\n"
    )
    twin = load(site)
    assert not check(site)
    names = {name: made.assets for name, made, _ in declared(twin)}
    assert names == {"a/hot": ("a/P1",), "b/hot": ("b/P1",)}
    events = foretold(twin, plant(twin, lambda s: 50 + s / 20, inside="a/"))
    assert {event.key for event in events} == {"a/P1.hot"}
    (site / "skid" / "predictors" / "hot.csv").unlink()
    assert "there is no table skid/predictors/hot.csv" in str(check(site)[0])
