"""Remaining life is learnt from units that failed, told with honest intervals, and refused in one sentence where it can't be."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import main
from twins import InputError
from twins.prognosis.remaining_life.card import as_markdown, doubt
from twins.prognosis.remaining_life.crossvalidation import CancelledError
from twins.prognosis.remaining_life.fleet import Fleet, Layout, carried, read_fleet
from twins.prognosis.remaining_life.intervals import calibrated
from twins.prognosis.remaining_life.lifetime import Clock, clock_of
from twins.prognosis.remaining_life.memory import remembered
from twins.prognosis.remaining_life.model import trained
from twins.prognosis.remaining_life.model_file import load, save
from twins.prognosis.remaining_life.prediction import predicted
from twins.prognosis.remaining_life.regimes import regimes_of
from twins.prognosis.trees import grown

LAYOUT = Layout("unit", "hours")
OPERATED = np.array([[0.0, 100], [10, 100], [20, 60], [35, 60]])


def machines(n, seed=0, regimes=1, failed=True, life=60):
    """Rows of units that wear exponentially: wear shows in `heat` and `flow`, `noise` shows nothing, `plate` is constant."""
    rng = np.random.default_rng(seed)
    rows, left = ["unit,hours,height,throttle,heat,flow,noise,plate"], []
    for unit in range(n):
        end = int(rng.integers(life // 2, life * 3 // 2))
        known = end if failed else int(rng.integers(end // 3, end))
        left.append(end - known)
        for hour in range(known + 1):
            wear = np.exp(-(end - hour) / 15) + rng.normal(0, 0.02)
            at = rng.integers(regimes)
            height, throttle = OPERATED[at] + [rng.normal(0, 0.01), 0] if regimes > 1 else (0, 0)
            heat, flow = 500 + 100 * at + 10 * wear, 20 - 5 * at - wear + rng.normal(0, 0.02)
            rows.append(f"m{unit},{hour},{height:.4f},{throttle},{heat:.4f},{flow:.4f},{rng.normal():.3f},7")
    return rows, np.array(left, float)


def written(path, rows):
    path.write_text("\n".join(rows) + "\n")
    return path


def taught(fleet, cap=None):
    return trained(fleet, LAYOUT, cap, lambda _done, _what: None, lambda: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("machines")


@pytest.fixture(scope="module")
def fleet(folder):
    return read_fleet(written(folder / "train.csv", machines(24)[0]), LAYOUT)


@pytest.fixture(scope="module")
def model(fleet):
    return taught(fleet, cap=40.0)


@pytest.fixture(scope="module")
def running(folder, model):
    rows, left = machines(40, seed=1, failed=False)
    return rows, read_fleet(written(folder / "test.csv", rows), LAYOUT, model.sensors), np.minimum(left, 40)


def test_that_units_never_seen_are_told_well_and_within_their_intervals(model, running):
    _, fleet, left = running
    told = predicted(model, fleet)
    off = np.array([each.rul for each in told]) - left
    assert np.sqrt(np.mean(off**2)) < 0.6 * np.std(left)
    assert np.mean([each.low <= true <= each.high for each, true in zip(told, left, strict=True)]) >= 0.8
    assert all(0 <= each.low <= each.rul <= each.high <= 40 for each in told)
    assert 0.85 < model.card["cross_validation"]["coverage"] <= 1
    assert not any(each.outside for each in told)


def test_that_what_does_not_matter_is_left_out_and_why(model):
    assert model.card["sensors"] == ["heat", "flow"]
    assert model.card["dropped"]["plate"] == "never changes"
    assert "hardly moves" in model.card["dropped"]["noise"]


def test_that_columns_that_are_not_taken_are_told_with_their_reason(tmp_path):
    rows, _ = machines(4)
    words = [f"{row},,word" for row in rows[1:]]
    fleet = read_fleet(written(tmp_path / "t.csv", [rows[0] + ",hollow,note", *words]), replace(LAYOUT, ignored=("plate",)))
    assert fleet.unused == {"plate": "ignored as asked", "hollow": "is empty", "note": "holds no numbers"}
    assert taught(fleet).card["dropped"].items() >= fleet.unused.items()


def test_that_a_prediction_knows_only_the_rows_before_it(model, fleet):
    half = int(fleet.starts[1] // 2)
    cut = Fleet(fleet.units[:1], np.array([0, half]), fleet.times[:half], fleet.sensors, fleet.values[:half])
    whole = model.predictor.each(fleet)["nets"][half - 1]
    assert model.predictor.each(cut)["nets"][-1] == pytest.approx(whole)


def test_that_the_order_of_rows_and_of_columns_changes_nothing(model, running, tmp_path):
    rows, fleet, _ = running
    shuffled = [rows[0], *np.random.default_rng(3).permutation(rows[1:])]
    turned = [",".join(row.split(",")[::-1]) for row in shuffled]
    again = read_fleet(written(tmp_path / "t.csv", turned), LAYOUT, model.sensors)
    assert predicted(model, again) == predicted(model, fleet)


def test_that_a_sensor_that_runs_away_is_named_and_a_strange_machine_is_not_known(model, running):
    _, fleet, _ = running
    unit, sensor = fleet.of([0]), fleet.sensors.index("heat")
    worn, strange = unit.values.copy(), unit.values.copy()
    worn[-8:, sensor] += 4
    strange[:, sensor] += 900
    (first,) = predicted(model, replace(unit, values=worn))
    assert first.drivers[0].sensor == "heat"
    assert first.drivers[0].direction == "higher"
    assert first.drivers[0].effect < 0
    (told,) = predicted(model, replace(unit, values=strange))
    assert told.outside
    assert (told.low, told.high, told.open) == (0, 40, True)
    silent = unit.values.copy()
    silent[:, sensor] = np.nan
    (told,) = predicted(model, replace(unit, values=silent))
    assert "heat" not in [each.sensor for each in told.drivers]


def late(fleet, kept):
    """The last rows of each unit."""
    rows = [np.arange(max(start, end - kept), end) for start, end in zip(fleet.starts[:-1], fleet.starts[1:], strict=True)]
    starts = np.concatenate([[0], np.cumsum([len(part) for part in rows])])
    rows = np.concatenate(rows)
    return Fleet(fleet.units, starts, fleet.times[rows], fleet.sensors, fleet.values[rows])


def test_that_the_age_is_told_by_the_time_where_rows_begin_late_in_a_life_and_the_answer_says_it_does_not_know(model, running):
    _, fleet, left = running
    assert model.clock == Clock(dated=False, start=0.0)
    cut = late(fleet, 6)
    assert model.clock.aged(cut).ages[-1] == fleet.ages[-1] > cut.ages[-1]
    told, young = predicted(model, cut), [length <= 6 for length in fleet.lengths]
    assert [each.outside for each in told] == [not all_there for all_there in young]
    assert all((each.low, each.high) == (0, 40) for each in told if each.outside)
    off = np.array([each.rul for each in told]) - left
    blind = np.array([each.rul for each in predicted(replace(model, clock=Clock()), cut)]) - left
    assert np.sqrt(np.mean(off**2)) < 0.9 * np.sqrt(np.mean(blind**2))
    assert not any(each.outside for each in predicted(model, fleet))


def test_that_times_tell_an_age_only_where_all_lives_begin_near_nought(fleet):
    shifted = replace(fleet, times=fleet.times + 5000)
    assert clock_of(replace(fleet, times=fleet.times + 1)).start == 1
    assert clock_of(shifted).start is None
    assert clock_of(replace(fleet, times=fleet.times + 30.0 * fleet.owner)).start is None
    assert clock_of(replace(fleet, dated=True)) == Clock(dated=True, start=None)
    assert Clock(start=5.0).aged(fleet).ages.tolist() == fleet.ages.tolist()


def test_that_dates_are_not_judged_by_a_model_of_numbers_nor_numbers_by_one_of_dates(folder, model, tmp_path):
    rows, _ = machines(8, life=40)
    numbers = written(tmp_path / "numbers.csv", rows)
    cells = [row.split(",") for row in rows[1:]]
    stamped = [",".join([c[0], f"2026-03-{1 + int(c[1]) // 24:02} {int(c[1]) % 24:02}:00:00", *c[2:]]) for c in cells]
    dates, run = written(tmp_path / "dates.csv", [rows[0], *stamped]), CliRunner().invoke
    save(model, tmp_path / "numbers.rul")
    fleet = read_fleet(dates, LAYOUT)
    save(taught(fleet), tmp_path / "dates.rul")
    assert fleet.dated
    assert run(main.app, f"rul predict {tmp_path}/dates.rul {dates}".split()).exit_code == 0
    first = run(main.app, f"rul predict {tmp_path}/numbers.rul {dates}".split()).exception
    other = run(main.app, f"rul predict {tmp_path}/dates.rul {numbers}".split()).exception
    assert isinstance(first, InputError)
    assert "the model's times are numbers, those of " in str(first)
    assert "the model's times are dates, those of " in str(other)


def test_that_a_file_of_before_that_knows_no_clock_is_read_as_it_was(model, running, tmp_path):
    _, fleet, _ = running
    save(model, tmp_path / "m.rul")
    content = {entry: zipfile.ZipFile(tmp_path / "m.rul").read(entry) for entry in _names(tmp_path / "m.rul")}
    said = json.loads(content["model.json"])
    assert said.pop("clock") == {"dated": False, "start": 0.0}
    _packed(tmp_path / "m.rul", content | {"model.json": json.dumps(said).encode()})
    old = load(tmp_path / "m.rul")
    assert old.clock == Clock()
    assert predicted(old, fleet) == predicted(model, fleet)


def test_that_regimes_are_found_in_settings_and_nowhere_else(folder, fleet):
    rows, _ = machines(20, seed=2, regimes=4)
    several = read_fleet(written(folder / "regimes.csv", rows), LAYOUT)
    found = regimes_of(several)
    assert len(found) == 4
    assert {several.sensors[i] for i in found.columns} == {"height", "throttle"}
    assert len(regimes_of(fleet)) == 1
    assert taught(several, cap=40.0).card["sensors"] == ["heat", "flow"]


def test_that_a_file_gives_the_same_answers_and_the_same_bytes(model, running, tmp_path):
    _, fleet, _ = running
    for name in ("a.rul", "b.rul"):
        save(model, tmp_path / name)
    assert (tmp_path / "a.rul").read_bytes() == (tmp_path / "b.rul").read_bytes()
    assert predicted(load(tmp_path / "a.rul"), fleet) == predicted(model, fleet)


def test_that_a_damaged_or_hostile_file_is_refused_in_one_sentence(model, running, tmp_path):
    _, fleet, _ = running
    save(model, tmp_path / "good.rul")
    content = {entry: zipfile.ZipFile(tmp_path / "good.rul").read(entry) for entry in _names(tmp_path / "good.rul")}
    rng = np.random.default_rng(0)
    bad = tmp_path / "bad.rul"
    for _ in range(300):
        name = list(content)[rng.integers(len(content))]
        data = bytearray(content[name])
        for _ in range(rng.integers(1, 4)):
            data[rng.integers(len(data))] = rng.integers(256)
        _packed(bad, content | {name: bytes(data)})
        try:
            predicted(load(bad), fleet.of([0, 1]))
        except InputError as refused:
            assert "\n" not in str(refused)
    for hostile in (b"", b"PK\x03\x04", (tmp_path / "good.rul").read_bytes()[:5000]):
        bad.write_bytes(hostile)
        with pytest.raises(InputError, match="train it again"):
            load(bad)
    loop = io.BytesIO()
    np.save(loop, np.zeros((400, 29), int))
    _packed(bad, content | {"forest_left.npy": loop.getvalue()})
    with pytest.raises(InputError, match="trees are damaged"):
        load(bad)
    nowhere = io.BytesIO()
    np.save(nowhere, np.full(model.predictor.learners.trees.feature.shape, np.nan))
    _packed(bad, content | {"forest_feature.npy": nowhere.getvalue()})
    with pytest.raises(InputError, match="trees are damaged"):
        load(bad)


def test_that_few_units_make_wide_intervals_and_one_makes_none(fleet, model):
    few = taught(fleet.of([0, 1, 2]))
    figures, many = few.card["cross_validation"], model.card["cross_validation"]
    assert figures["coverage"] >= 0.9
    assert figures["mean_width"] > 2 * many["mean_width"]
    assert "nobody knows the tails" in as_markdown(few.card)
    with pytest.raises(InputError, match="at least two units"):
        taught(fleet.of([0]))
    with pytest.raises(InputError, match="only one unit of at least 5 rows"):
        rows = np.arange(fleet.starts[1] + 3)
        taught(
            Fleet(fleet.units[:2], np.array([0, len(rows) - 3, len(rows)]), fleet.times[rows], fleet.sensors, fleet.values[rows])
        )


def test_that_a_score_that_says_nothing_is_none_and_sensors_that_foretell_nothing_are_called_so(fleet, model):
    assert doubt(model.card) is None
    seconds = taught(replace(fleet.of(range(6)), times=fleet.of(range(6)).times * 3600))
    assert seconds.card["cross_validation"]["score_per_unit"] is None
    assert "| – |" in as_markdown(seconds.card)
    noise = replace(fleet, values=np.random.default_rng(0).normal(size=fleet.values.shape))
    card = taught(noise).card
    assert doubt(card).startswith("Nothing foretells: the sensors tell no better (RMSE ")
    assert doubt(card) in as_markdown(card)
    del card["cross_validation"]["rmse_usual"]
    assert doubt(card) is None


@pytest.mark.parametrize("sparse", [{2}, {3}, {4}, {2, 4}])
def test_that_regimes_stay_the_same_where_a_setting_or_a_sensor_is_often_missing(tmp_path, sparse):
    rng, (head, *rows) = np.random.default_rng(0), machines(20, seed=2, regimes=4)[0]
    cells = [["" if i in sparse and rng.random() < 0.3 else cell for i, cell in enumerate(row.split(","))] for row in rows]
    several = read_fleet(written(tmp_path / "gaps.csv", [head, *map(",".join, cells)]), LAYOUT)
    found = regimes_of(several)
    assert [several.sensors[i] for i in found.columns] == ["height", "throttle"]
    assert found.centres == pytest.approx(OPERATED, abs=0.01)


def test_that_uneven_steps_and_gaps_are_time_and_not_rows():
    times = np.array([0.0, 1, 2, 3, 13])
    fleet = Fleet(("a",), np.array([0, 5]), times, ("x",), np.array([[0.0], [0], [0], [0], [1]]))
    slow = remembered(fleet, fleet.values, np.array([5.0, np.inf]))
    weights = np.exp(-(13 - times) / 5)
    assert slow[-1, 0, 0] == pytest.approx(1 / weights.sum())
    assert slow[-1, :, 0].sum() == pytest.approx(2 / weights.sum() - 0.2)
    assert carried(np.array([[np.nan], [1], [np.nan], [np.nan], [2]]), np.array([0, 3, 5])).ravel().tolist()[1:3] == [1, 1]


def test_that_many_rows_of_one_time_become_their_mean_extremes_and_spread(tmp_path):
    rows = ["cell,cycle,volt", "a,1,2", "a,1,4", "a,2,5", "a,2,5", "b,1,1", "b,1,1"]
    fleet = read_fleet(written(tmp_path / "t.csv", rows), Layout("cell", "cycle"))
    assert fleet.sensors == ("volt mean", "volt least", "volt most", "volt spread")
    assert fleet.values.tolist() == [[3, 2, 4, 1], [5, 5, 5, 0], [1, 1, 1, 0]]
    again = read_fleet(tmp_path / "t.csv", Layout("cell", "cycle"), needed=("volt spread",))
    assert again.values.ravel().tolist() == [1, 0, 0]


def test_that_our_sum_over_trees_is_the_librarys():
    import lightgbm

    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 4))
    forest = grown(x, x[:, 0] + x[:, 1] ** 2, 0)
    forest.check(4)
    assert isinstance(lightgbm.__version__, str)
    assert np.corrcoef(forest.predict(x), x[:, 0] + x[:, 1] ** 2)[0, 1] > 0.95


def test_that_nine_of_ten_new_units_lie_within_intervals_of_any_size():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 100, 4000)
    told = truth + rng.normal(0, 1, 4000) * (1 + truth / 5)
    found = calibrated(told[:2000], truth[:2000], np.arange(2000) // 10)
    low, high = found.around(told[2000:], 100)
    inside = (low <= truth[2000:]) & (truth[2000:] <= high)
    for part in (told[2000:] < 30, told[2000:] > 60):
        assert 0.86 < inside[part].mean() < 0.96


def test_that_learning_can_be_stopped(fleet):
    with pytest.raises(CancelledError):
        trained(fleet, LAYOUT, None, lambda _done, _what: None, lambda: True)


def test_that_the_command_line_trains_predicts_and_refuses(folder, tmp_path):
    train, run = written(tmp_path / "t.csv", machines(8, life=40)[0]), CliRunner().invoke
    done = run(
        main.app, f"rul train {train} --unit unit --time hours --to {tmp_path}/m.rul --card {tmp_path}/m.md --json".split()
    )
    assert done.exit_code == 0
    assert json.loads(done.stdout)["units"] == 8
    assert "# Remaining useful life" in (tmp_path / "m.md").read_text()
    told = json.loads(run(main.app, f"rul predict {tmp_path}/m.rul {train} --json".split()).stdout)["units"]
    assert [each["unit"] for each in told] == [f"m{i}" for i in range(8)]
    assert {"unit", "rul", "low", "high", "at", "drivers"} <= set(told[0])
    lacking = written(tmp_path / "l.csv", ["unit,hours,heat", "a,1,2", "a,2,3"])
    far = written(tmp_path / "f.csv", ["unit,hours,heat", "a,1e200,2", "a,2e200,3", "b,1e200,2", "b,3e200,3"])
    for line, sentence in {
        f"rul predict {tmp_path}/m.rul {lacking}": "lacks “",
        f"rul predict {train} {train}": "train it again",
        f"rul predict {tmp_path}/absent.rul {train}": "does not exist",
        f"rul train {train} --unit machine --time hours --to {tmp_path}/n.rul": "no column “machine”",
        f"rul train {train} --unit unit --time hours --cap -3 --to {tmp_path}/n.rul": "above 0",
        f"rul train {train} --unit unit --time unit --to {tmp_path}/n.rul": "two columns",
        f"rul train {train} --unit unit --time hours --to {tmp_path}/no/n.rul": "make it first",
        f"rul train {train} --unit unit --time hours --to {train}": "is a text or table, which a model",
        f"rul train {far} --unit unit --time hours --to {tmp_path}/n.rul": "too large to be reckoned with",
    }.items():
        refused = run(main.app, line.split()).exception
        assert isinstance(refused, InputError), line
        assert sentence in str(refused)
    assert not (tmp_path / "n.rul").exists()


@pytest.mark.sample_data
def test_that_real_engines_are_told_better_than_by_their_usual_life(sample_data):
    engines = read_fleet(sample_data / "cmapss" / "train_FD001.txt.gz", Layout("1", "2", headed=False))
    model = trained(engines.of(range(16)), LAYOUT, 125.0, lambda _done, _what: None, lambda: False)
    rows, left = [], []
    rng = np.random.default_rng(0)
    for start, end in zip(engines.starts[50:-1], engines.starts[51:], strict=True):
        known = int(rng.integers(30, end - start))
        rows.append(np.arange(start, start + known))
        left.append(min(end - start - known, 125))
    starts = np.concatenate([[0], np.cumsum([len(part) for part in rows])])
    seen = np.concatenate(rows)
    cut = Fleet(engines.units[50:], starts, engines.times[seen], engines.sensors, engines.values[seen])
    told = predicted(model, cut)
    assert len(model.predictor.regimes) == 1
    assert np.sqrt(np.mean((np.array([each.rul for each in told]) - left) ** 2)) < 0.5 * np.std(left)
    assert np.mean([each.low <= true <= each.high for each, true in zip(told, left, strict=True)]) >= 0.8
    ends = late(cut, 30)
    aged, blind = ([each.rul for each in predicted(asked, ends)] for asked in (model, replace(model, clock=Clock())))
    assert np.sqrt(np.mean((np.array(aged) - left) ** 2)) < 0.8 * np.sqrt(np.mean((np.array(blind) - left) ** 2))


def _names(path):
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _packed(path, content):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
