"""Anomalies are found, blamed on who is guilty, and not invented where nothing is known."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from typer.testing import CliRunner

import main
from twins import InputError
from twins.prognosis.anomaly import Detector, learn, model_file
from twins.prognosis.anomaly.judging import episodes, judge_by, judge_by_its_first_rows
from twins.prognosis.table import MeasuredTable

NAMES = ("flow", "pressure", "power", "speed")


def clean(n=1000, seed=1):
    """Power follows speed; flow and pressure keep to themselves."""
    noise = np.random.default_rng(seed).normal(size=(n, 4))
    speed = np.cumsum(noise[:, 3]) * 0.02 + noise[:, 3] * 0.1 + np.sin(np.arange(n) / 9)
    return np.column_stack([5 + noise[:, 0], 100 + 3 * noise[:, 1], 2 * speed + 0.1 * noise[:, 2], speed])


def judged(rows, train=500, **more):
    learnt = learn(rows[:train], NAMES, **more)
    return list(Detector(learnt, learnt.start).verdicts(rows))


def written(tmp_path, rows, names=NAMES, name="t.csv", sep=","):
    path = tmp_path / name
    path.write_text("\n".join([sep.join(names), *(sep.join(map(str, row)) for row in rows)]))
    return path


def test_that_clean_rows_raise_few_alarms():
    alarms = [np.mean([v.anomaly for v in judged(clean(seed=seed))]) for seed in range(6)]
    assert np.mean(alarms) < 0.03


def test_that_a_shift_is_blamed_on_the_sensor_that_shifted_and_dated():
    rows = clean()
    rows[700:, 0] += 3
    verdicts = judged(rows)
    found = [i for i, v in enumerate(verdicts) if v.anomaly and i >= 700]
    assert found[0] < 720
    assert verdicts[740].guilty[0] == "flow"
    assert 695 <= verdicts[740].since <= 720


def test_that_a_single_wild_value_is_seen_at_once_and_forgotten():
    rows = clean()
    rows[700, 1] = 1e300
    verdicts = judged(rows)
    assert verdicts[700].guilty == ("pressure",)
    assert not any(v.anomaly for v in verdicts[702:760])


def test_that_a_broken_relation_is_seen_where_each_sensor_alone_looks_usual():
    rows = clean()
    rows[700:, 2] = -rows[700:, 2]
    verdicts = judged(rows)
    assert np.mean([v.anomaly for v in verdicts[720:]]) > 0.7
    assert verdicts[760].guilty[0] in ("power", "speed")
    assert not {"flow", "pressure"} & set(verdicts[760].guilty)


def test_that_a_sensor_that_wanders_is_judged_by_its_moves():
    rng = np.random.default_rng(3)
    rows = clean()
    rows[:, 1] = np.cumsum(rng.normal(size=1000))
    rows[800:, 1] += 60
    learnt = learn(rows[:500], NAMES)
    assert learnt.wanders[1]
    verdicts = list(Detector(learnt, learnt.start).verdicts(rows))
    assert verdicts[800].anomaly
    assert verdicts[800].guilty[0] == "pressure"


def test_that_a_missing_sensor_is_neither_guilty_nor_in_the_way():
    rows = clean()
    rows[600:650, 1] = np.nan
    rows[620:, 0] += 6
    rows[660] = np.nan
    verdicts = judged(rows)
    assert verdicts[640].guilty == ("flow",)
    assert not verdicts[660].known
    assert not verdicts[660].anomaly
    assert not any("pressure" in v.guilty for v in verdicts[600:650])


def test_that_the_table_and_the_stream_agree_to_the_bit(tmp_path):
    rows = clean()
    rows[700:800, 0] += 4
    rows[300, 2] = np.nan
    table = MeasuredTable(written(tmp_path, rows))
    whole = judge_by_its_first_rows(table, 500)
    stream = Detector(whole.learnt, whole.learnt.start)
    for row, expected in zip(table.matrix(NAMES), whole.verdicts, strict=True):
        assert repr(stream.update(row)) == repr(expected)


def test_that_a_verdict_knows_nothing_of_later_rows():
    rows, other = clean(), clean()
    other[800:] = 1e6
    assert judged(rows)[:800] == judged(other)[:800]


def test_that_outside_the_clean_range_of_a_condition_nothing_is_claimed():
    rows = clean()
    rows[:, 3] = np.clip(rows[:, 3], -2, 2)
    rows[:, 2] = 2 * rows[:, 3]
    rows[700:720, 3] = 9.0
    rows[750:, 2] += 5
    learnt = learn(rows[:500], NAMES[:3], ("speed",))
    verdicts = list(Detector(learnt, learnt.start).verdicts(rows))
    assert not any(v.known for v in verdicts[700:720])
    assert not any(v.anomaly for v in verdicts[700:720])
    assert verdicts[760].guilty == ("power",)


def test_that_labels_clocks_and_constants_are_no_evidence(tmp_path):
    rows = clean()
    label = (np.arange(1000) >= 700).astype(float)
    names = ("timestamp", *NAMES, "anomaly", "changepoint", "mode", "row")
    columns = [np.arange(1000) * 60, rows, label, label, label, np.arange(1000)]
    table = MeasuredTable(written(tmp_path, np.column_stack(columns), names))
    found = judge_by_its_first_rows(table, 500)
    assert found.learnt.channels.sensors == NAMES
    assert "constant" in found.left_out["mode"]
    assert {"timestamp", "anomaly", "changepoint", "mode", "row"} == set(found.left_out)


def test_that_outliers_among_the_clean_rows_do_not_hide_a_shift():
    rows = clean()
    rows[50:500:60] = 1e9
    rows[700:, 0] += 3
    verdicts = judged(rows)
    assert np.mean([v.anomaly for v in verdicts[740:]]) > 0.95


@pytest.mark.parametrize("train", [8, 20, 1000])
def test_that_few_clean_rows_and_all_of_them_are_enough(train):
    assert len(judged(clean(), train)) == 1000


def test_that_twins_among_the_sensors_and_more_sensors_than_rows_are_no_trouble():
    rows = clean(60)
    many = np.column_stack([rows, rows, 2 * rows[:, :1], np.random.default_rng(1).normal(size=(60, 60))])
    names = tuple(f"s{i}" for i in range(many.shape[1]))
    learnt = learn(many[:40], names)
    verdicts = list(Detector(learnt, learnt.start).verdicts(many))
    assert np.mean([v.anomaly for v in verdicts]) < 0.2


def test_that_every_row_of_a_ragged_file_gets_a_verdict(tmp_path):
    path = written(tmp_path, clean(200))
    lines = path.read_text().splitlines()
    lines[150] = "1,2"
    lines[160] = "oops,,x,1"
    path.write_text("\n".join(lines))
    found = judge_by_its_first_rows(MeasuredTable(path), 100)
    assert len(found.verdicts) == 200
    assert not found.verdicts[149].known
    assert found.verdicts[159].known


@pytest.mark.parametrize(("train", "sentence"), [(0, "nothing to learn from"), (5, "too few"), (201, "has 200 rows")])
def test_that_a_wrong_number_of_clean_rows_is_refused(tmp_path, train, sentence):
    with pytest.raises(InputError, match=sentence):
        judge_by_its_first_rows(MeasuredTable(written(tmp_path, clean(200))), train)


def test_that_what_was_learnt_is_kept_and_judges_another_table(tmp_path):
    rows = clean()
    rows[700:, 0] += 3
    for learnt in (learn(rows[:500], NAMES), learn(rows[:500], NAMES[:3], ("speed",))):
        model_file.save(learnt, tmp_path / "m")
        assert list(Detector(model_file.load(tmp_path / "m")).verdicts(rows)) == list(Detector(learnt).verdicts(rows))
    again = model_file.load(tmp_path / "m")
    found = judge_by(again, MeasuredTable(written(tmp_path, rows)))
    assert found.verdicts[750].guilty == ("flow",)
    with pytest.raises(InputError, match="no column “flow”"):
        judge_by(again, MeasuredTable(written(tmp_path, rows[:, 1:], NAMES[1:], "u.csv")))


def test_that_a_damaged_model_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "m"
    model_file.save(learn(clean()[:500], NAMES), path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        broken = bytearray(whole[: rng.integers(1, len(whole))] if rng.random() < 0.2 else whole)
        for place in rng.integers(0, len(broken), 3):
            broken[place] = rng.integers(0, 256)
        path.write_bytes(bytes(broken))
        try:
            Detector(model_file.load(path)).update(clean(1)[0])
        except InputError as refused:
            assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("format", "twindeck-rul-1"),
        ("sensors", ["flow", "flow", "power", "speed"]),
        ("sensors", ["flow"]),
        ("sensors", "flow"),
        ("conditions", ["wind"]),
        ("smoothing", 0),
        ("smoothing", 10**7),
        ("smoothing", 1.5),
        ("memory", -1),
        ("rows", float("nan")),
        ("false_alarms", None),
        ("scale", np.zeros(4)),
        ("scale", np.ones(5)),
        ("shift", np.full(6, np.inf)),
        ("owner", np.full(6, 4)),
        ("owner", np.arange(0)),
        ("wanders", np.array([None] * 6)),
        ("mixing", np.ones((6, 4), order="F")),
        ("mixing", np.zeros((6, 4))),  # whose deviation would it tell?
    ],
)
def test_that_a_model_that_was_tampered_with_is_refused(tmp_path, name, change):
    path, other = tmp_path / "m", tmp_path / "n"
    model_file.save(learn(clean()[:500], NAMES), path)
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(other, "w") as changed:
        for each in whole.namelist():
            content = whole.read(each)
            if each == "model.json" and not isinstance(change, np.ndarray):
                content = json.dumps(json.loads(content) | {name: change}).encode()
            if each == f"{name}.npy":
                np.save(file := io.BytesIO(), change)
                content = file.getvalue()
            changed.writestr(each, content)
    with pytest.raises(InputError, match="is not a model of this command, or is damaged"):
        model_file.load(other)


def test_that_near_episodes_are_one(tmp_path):
    rows = clean()
    rows[700:800, 0] += 4
    found = [e for e in episodes(judged(rows), 30) if e.first >= 690]
    assert found[0].guilty[0] == "flow"
    assert len([e for e in found if e.guilty[0] == "flow"]) == 1


def test_that_a_sensor_that_stands_still_is_seen():
    rows = clean()
    rows[700:, 1] = rows[700, 1]
    found = [i for i, v in enumerate(judged(rows)) if i >= 700 and "pressure" in v.guilty]
    assert found[0] < 740


def test_that_what_hardly_ever_moved_may_do_it_again():
    rows = clean()
    rows[:, 1] = 0
    rows[[100, 400, 600, 800], 1] = 1
    assert not any("pressure" in v.guilty for v in judged(rows))


def test_that_many_related_sensors_do_not_smear_the_blame():
    rng = np.random.default_rng(5)
    causes = rng.normal(size=(1200, 2))
    rows = causes @ rng.normal(size=(2, 8)) + 0.2 * rng.normal(size=(1200, 8))
    rows[1000:, 3] += 1.2
    learnt = learn(rows[:800], tuple(f"s{i}" for i in range(8)))
    verdicts = list(Detector(learnt, learnt.start).verdicts(rows))[1040:]
    assert np.mean([v.anomaly for v in verdicts]) > 0.95
    assert np.mean([v.guilty[:1] == ("s3",) for v in verdicts]) > 0.9


def test_that_fewer_false_alarms_are_fewer():
    rows = clean()
    counts = [sum(v.anomaly for v in judged(rows, false_alarms=wanted)) for wanted in (0.001, 0.01, 0.1)]
    assert counts[0] <= counts[1] < counts[2]


@pytest.mark.sample_data
def test_that_a_real_water_loop_is_judged_better_than_by_published_networks(sample_data):
    counts = np.zeros(4)
    for path in sorted((sample_data / "skab" / "valve1").glob("*.csv")):
        table = MeasuredTable(path, ";")
        found = np.array([v.anomaly for v in judge_by_its_first_rows(table, 400).verdicts])
        true = table.numbers("anomaly") == 1
        counts += [(found & true).sum(), (found & ~true).sum(), (~found & true).sum(), (~found & ~true).sum()]
    hit, false, missed, quiet = counts
    assert false / (false + quiet) < 0.136
    assert missed / (missed + hit) < 0.28


def test_that_the_command_answers_in_json(tmp_path, capfd):
    import typer

    from ui import anomaly_commands

    app = typer.Typer()
    anomaly_commands.add_to(app)
    rows = clean(300)
    rows[250:, 0] += 5
    path = written(tmp_path, rows, sep=";")
    run = CliRunner().invoke(app, [str(path), "--train-rows", "200", "--sep", ";", "--json", "--false-alarms", "0.5%"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert len(told["rows"]) == 300
    assert told["rows"][280]["anomaly"] is True
    assert told["rows"][280]["guilty"][0] == "flow"
    assert told["episodes"][-1]["guilty"][0] == "flow"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "say how many rows"),
        (["--train-rows", "100", "--false-alarms", "often"], "not a part between"),
        (["--model", "m", "--to", "n"], "leave out all but"),
        (["--train-rows", "100", "--condition", "sped"], "did you mean “speed”"),
        (["--train-rows", "100", "--condition", "speed", "--ignore", "nope"], "no column “nope”"),
        (["--train-rows", "100", "--to", "/no/such/folder/m"], "make it first"),
        (["--model", "/no/such/model"], "there is no model"),
    ],
)
def test_that_wrong_wishes_are_refused_in_one_sentence(tmp_path, words, sentence):
    import typer

    from ui import anomaly_commands

    app = typer.Typer()
    anomaly_commands.add_to(app)
    run = CliRunner().invoke(app, [str(written(tmp_path, clean(200))), *words])
    assert isinstance(run.exception, InputError)
    assert sentence in str(run.exception)
    assert "\n" not in str(run.exception)


def test_that_no_column_is_lost_and_none_speaks_to_the_terminal(tmp_path):
    from typer import Typer

    from ui import anomaly_commands

    path = written(tmp_path, [[*row, ""] for row in clean()[:200]], ("\x1b[31mtemp", "temp", "temp", "speed", "hollow"))
    app = Typer()
    anomaly_commands.add_to(app)
    told = CliRunner().invoke(app, [str(path), "--train-rows", "150"]).stdout
    assert "\x1b" not in told
    assert "[31mtemp, temp, temp (2)" in told
    assert "left out   hollow: is empty" in told


def test_that_a_table_is_never_replaced_by_what_was_learnt_from_it(tmp_path):
    table = written(tmp_path, clean()[:300], NAMES, "t.csv")
    before = table.read_bytes()
    run = CliRunner().invoke
    for words, said in (
        (["--train-rows", "200", "--to", str(table)], "is a text or table, which a model or archive must not replace"),
        (["--train-rows", "200", "--model", str(table)], "leave one of them out"),
    ):
        assert said in str(run(main.app, ["anomaly", str(table), *words]).exception)
    assert table.read_bytes() == before
