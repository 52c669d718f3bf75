"""One unit's own trend is run on to a threshold, and the answer is as sure as it should be."""

from __future__ import annotations

import csv
import json
import tarfile
from dataclasses import asdict

import numpy as np
import pytest
from typer.testing import CliRunner

import main
from twins import InputError
from twins.prognosis.degradation.history import history_of, thinned, without_spikes
from twins.prognosis.degradation.passage import foreseen, written

T = np.arange(60.0)
UNITS = 14
LEAST_HELD = 10  # of 14 with a chance of 90 % each: fewer happens by chance in 1 % of cases


def noise(n, seed=1):
    return np.random.default_rng(seed).standard_normal(n)


def wiener(rng):
    """Drift and wander, read with noise; the level is passed at the first instant above 1."""
    level = np.cumsum(0.01 + 0.02 * rng.standard_normal(400))
    return level, 0.02


def gamma(rng):
    """Wear that only grows, in jumps, read exactly."""
    return np.cumsum(rng.gamma(0.3, 0.01 / 0.3, 400)), 0.0


def paris(rng):
    """A crack from 0.2 to 1, da/dN = C a^1.5, whose material scatters."""
    crack = [0.2]
    for scatter in rng.standard_normal(399):
        crack.append(min(crack[-1] * (1 + 0.025 * crack[-1] ** 0.5 * np.exp(0.3 * scatter)), 1e3))
    return np.array(crack), 0.003


@pytest.mark.parametrize("process", [wiener, gamma, paris])
def test_that_the_interval_holds_the_truth_as_often_as_it_says(process):
    held, off = 0, []
    for seed in range(UNITS):
        rng = np.random.default_rng(seed)
        level, blur = process(rng)
        end = int(np.argmax(level >= 1))
        known = int(end * (0.4, 0.6, 0.8)[seed % 3])
        read = level[:known] + blur * rng.standard_normal(known)
        crossing = foreseen(np.arange(known) * 1.0, read, 1.0).crossing
        low, high = crossing.low or np.inf, crossing.high or np.inf
        held += low <= end <= high
        off.append(abs((crossing.median or np.inf) - end) / end)
    assert held >= LEAST_HELD
    assert np.median(off) < 0.3


@pytest.mark.parametrize("sign", [1, -1])
def test_that_a_steady_wear_passes_where_its_line_does(sign):
    passage = foreseen(T, sign * (1 + 0.02 * T + 0.005 * noise(60)), sign * 3.0)
    assert passage.direction == ("rising" if sign > 0 else "falling")
    assert passage.crossing.median == pytest.approx(100, rel=0.05)
    assert passage.crossing.low < 100 < passage.crossing.high
    assert passage.remaining.median == pytest.approx(passage.crossing.median - 59)
    assert passage.value == pytest.approx(sign * 2.18, abs=0.02)


def test_that_outliers_and_gaps_and_order_change_little():
    value = 1 + 0.02 * T + 0.005 * noise(60)
    value[[7, 23, 41]] = 90.0, -50.0, np.nan
    mixed = np.random.default_rng(2).permutation(60)
    assert foreseen(T[mixed], value[mixed], 3.0).crossing.median == pytest.approx(100, rel=0.05)


def test_that_growth_is_followed_from_its_onset_not_from_the_beginning():
    t = np.arange(300.0)
    level = 1 + 0.02 * np.maximum(t - 200, 0)
    assert foreseen(t, level + 0.02 * noise(300), 5.0).crossing.median == pytest.approx(400, rel=0.1)


def test_that_recoveries_of_a_battery_don_t_hide_its_fade():
    t = np.arange(120.0)
    rests = 0.1 * np.exp(-(t % 30) / 4) * (t > 20)
    passage = foreseen(t, 2 - 0.004 * t + rests + 0.003 * noise(120), 1.4)
    assert passage.crossing.median == pytest.approx(150, rel=0.1)
    assert passage.crossing.low < 150 < passage.crossing.high


def test_that_a_unit_without_a_trend_is_not_given_a_date():
    chances = []
    for seed in range(5):
        passage = foreseen(T, 2 + 0.1 * noise(60, seed), 3.0)
        assert passage.crossing.median is None
        assert "no trend" in passage.sentence
        chances.append(passage.chance)
    assert np.median(chances) < 0.2


def test_that_a_level_going_away_is_told_so():
    passage = foreseen(T, 2 - 0.02 * T + 0.01 * noise(60), 3.0)
    assert (passage.crossing.median, passage.direction) == (None, "rising")
    assert "goes away" in passage.sentence


def test_that_what_has_passed_is_told_since_when():
    passage = foreseen(T, 2 - 0.02 * T, 1.5)
    assert passage.since == pytest.approx(26, abs=2)
    assert (passage.remaining.median, passage.chance, passage.direction) == (0, 1, "falling")
    assert foreseen(T, 2 + 0.02 * T, 2.0).since == 0
    assert foreseen(T, np.full(60, 2.0), 2.0).since == 0


@pytest.mark.parametrize(
    ("time", "value", "threshold"),
    [
        (T, np.full(60, 2.0), 3.0),
        (1.7e18 + T * 1e9, 2 + 0.01 * T, 3.0),
        (T * 1e-300, (2 + 0.01 * T) * 1e-300, 3e-300),
        (T * 1e300, (2 + 0.01 * T) * 1e280, 3e280),
        (np.append(T, 1e9), np.append(2 + 0.01 * T, 2.7), 3.0),
        (T, np.exp(T**2 / 10), 1e300),
        (np.arange(5.0), np.arange(5.0), 10.0),
    ],
)
@pytest.mark.filterwarnings("error")
def test_that_strange_histories_get_finite_paths(time, value, threshold):
    passage = foreseen(time, value, threshold)
    assert all(np.isfinite(each).all() for each in asdict(passage.path).values())
    assert passage.crossing.median is None or passage.crossing.median >= passage.at


def test_that_the_same_history_gets_the_same_answer():
    value = 1 + 0.02 * T + 0.05 * noise(60)
    assert foreseen(T, value, 3.0).crossing == foreseen(T, value, 3.0).crossing


def test_that_a_long_history_is_thinned_to_medians_that_are_finest_at_its_end():
    history = thinned(history_of(np.arange(10_000.0), np.arange(10_000.0)))
    assert 80 <= len(history) <= 110
    assert history.count.sum() == 10_000
    assert (history.count[-40:] == 1).all()
    assert (np.diff(history.count[:-40]) <= 1).all()


def test_that_a_spike_is_laid_on_its_neighbours_and_a_step_is_kept():
    value = np.where(np.arange(30) < 15, 1.0, 2.0) + 0.01 * noise(30)
    value[7] = 9.0
    clean = without_spikes(history_of(np.arange(30.0), value)).value
    assert clean[7] == pytest.approx(1.0, abs=0.1)
    assert clean[16:].min() > 1.9


@pytest.mark.parametrize(
    ("time", "value", "threshold", "said"),
    [
        ([1.0, 2, 3, 3, 4], [1.0] * 5, 3.0, "5 times or more, and there are 4"),
        ([np.nan] * 9, [1.0] * 9, 3.0, "there are 0"),
        (T, T, np.nan, "not a finite number"),
        (T, T * 1e300, 1.0, "too large"),
    ],
)
def test_that_what_can_t_be_reckoned_with_is_refused(time, value, threshold, said):
    with pytest.raises(InputError, match=said):
        foreseen(np.array(time), np.array(value), threshold)


@pytest.fixture
def asked(tmp_path):
    """The answer of the command line to a table and more words."""

    def ask(text, words):
        path = tmp_path / "t.csv"
        path.write_text(text)
        ran = CliRunner().invoke(main.app, ["degradation", str(path), *words.split(), "--json"])
        if ran.exit_code:
            raise ran.exception
        return json.loads(ran.stdout)

    return ask


def test_that_a_unit_is_asked_for_by_name_and_several_rows_of_a_cycle_are_one(asked):
    rows = [f"{u};{c};{2 - k * c:.4f}" for u, k in (("a", 0.01), ("b", 0.02)) for c in range(40) for _ in range(3)]
    told = asked(
        "unit;cycle;capacity\n" + "\n".join(rows), "--value capacity --time cycle --threshold 1.4 --unit unit --of b --until 20"
    )
    assert told["at"] == 20
    assert told["crossing"]["median"] == pytest.approx(30, rel=0.1)
    assert told["already_passed"] is False
    assert sum(each["weight"] for each in told["models"]) == pytest.approx(1)
    assert len({len(column) for column in told["path"].values()}) == 1


def test_that_dates_are_answered_with_dates(asked):
    rows = [f"2026-03-{d:02d}T06:00:00Z,{1 + 0.1 * d}" for d in (*range(1, 12), 15, 16, 17, 20)]
    told = asked("when,wear\n" + "\n".join(rows), "--value wear --time when --threshold 4")
    assert told["at_time"].startswith("2026-03-20T06:00:00")
    assert told["crossing_time"]["median"][:7] in ("2026-03", "2026-04")
    assert asked("when,wear\n" + "\n".join(rows), "--value wear --time when --threshold 1.25")["since_time"].startswith(
        "2026-03-0"
    )


def test_that_medians_of_what_may_be_several_units_are_warned_of(asked, tmp_path):
    rows = [f"{u},{c},{2 - k * c:.4f}" for u, k in (("a", 0.01), ("b", 0.02)) for c in range(20)]
    table, words = "unit,cycle,v\n" + "\n".join(rows), "--value v --time cycle --threshold 1"
    said = asked(table, words)["warning"]
    assert said.startswith("95% of the rows of ")
    assert "the medians were taken; if the table holds several units, say which is meant with --unit and --of" in said
    assert asked(table, f"{words} --unit unit --of a")["warning"] is None
    assert asked("cycle,v\n" + "\n".join(f"{c},{2 - c / 100}" for c in (*range(20), 3, 4)), words)["warning"] is None
    ran = CliRunner().invoke(main.app, ["degradation", str(tmp_path / "t.csv"), *words.split()])
    assert ran.stderr == ""
    (tmp_path / "t.csv").write_text(table)
    assert said in CliRunner().invoke(main.app, ["degradation", str(tmp_path / "t.csv"), *words.split()]).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--value wear --time t --threshold 3", "no column “wear”"),
        ("--value u --time t --threshold 3", "holds no numbers"),
        ("--value v --time t --threshold 3 --unit u", "holds 2 units"),
        ("--value v --time t --threshold 3 --unit u --of z", "no unit “z”"),
        ("--value v --time t --threshold 3 --of z", "needs --unit"),
        ("--value v --time t --threshold 3 --until yesterday", "--until “yesterday”"),
        ("--value v --time t --threshold 3 --until -5", "no rows until"),
        ("--value v --time t --threshold abc", "--threshold “abc” is no number; write one like 1.4"),
        ("--value v --time t --threshold nan", "not a finite number"),
        ("--value v --time t --threshold 3 --direction up", "neither rising nor falling"),
    ],
)
def test_that_the_command_refuses_in_one_sentence(asked, words, said):
    rows = "\n".join(f"{'xy'[i % 2]},{i},{i / 10}" for i in range(20))
    with pytest.raises(InputError, match=said):
        asked("u,t,v\n" + rows, words)


@pytest.mark.sample_data
@pytest.mark.parametrize(("cell", "end"), [("B0005", 125), ("B0006", 109)])
def test_that_a_real_cell_s_end_is_foreseen_from_half_its_life(sample_data, cell, end):
    with tarfile.open(sample_data / "rul_battery" / f"{cell}_discharge.tar.gz") as archive:
        rows = list(csv.DictReader(line.decode() for line in archive.extractfile(archive.getmembers()[0])))
    known = [(float(row["cycle_num"]), float(row["Capacity"])) for row in rows if float(row["cycle_num"]) <= end / 2]
    crossing = foreseen(*np.array(known).T, 1.4).crossing
    assert crossing.median == pytest.approx(end, rel=0.15)
    assert crossing.low < end < crossing.high


def test_that_numbers_are_written_as_finely_as_the_history_is_long():
    assert written(1_719_595_578.4, 5e6) == "1719595578"
    assert written(112.9571, 60.0) == "112.96"
    assert written(1_000_000_039.494, 60.5) == "1000000039.49"
    assert written(0.00012345678, 1e-5) == "0.00012346"
    assert written(5.0, 0.0) == "5"
