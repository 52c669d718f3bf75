"""Forecast: a band for every tag that the plant then keeps to; the same bits wherever its members are worked on."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import PLANT_START as START
from tests.rig import MAIN, free_port, main_py
from twins import InputError
from twins.asset import Tag, TagKind
from twins.clock import HOUR, MINUTE, SECOND
from twins.historian.file import RecordingFile
from twins.simulation.executor import Cluster, Here, executor, shares
from twins.simulation.forecast import banded, forecast
from twins.simulation.forking import Origin
from twins.simulation.goals import goal_named, knob_named
from twins.simulation.run import RunCancelled
from twins.simulation.scenario import Scenario
from twins.simulation.search import Search
from twins.simulation.sweep import sweep, swept

FORK = START + 15 * MINUTE
SHORT = Scenario(duration=30 * MINUTE, step=30 * SECOND, spin_up=10 * MINUTE)


@pytest.fixture
def foretell(farm, package, record, tmp_path):
    def _foretell(name="forecast", members=24, scenario=SHORT, at=FORK, where=None):
        path = tmp_path / f"{name}.twin-recording"
        return path, forecast(farm, package, record, at, scenario, path, members, where)

    return _foretell


def content(path):
    with RecordingFile.open(path) as file:
        samples = file.between(-(2**62), 2**62)
        return [channel.path for channel in samples.channels], samples.source.tobytes() + samples.bits.tobytes()


def numbers(path, tag, start=-(2**62), end=2**62):
    with RecordingFile.open(path) as file:
        samples = file.between(start, end, [tag])
        return samples.source, samples.bits.view(np.float64)


def test_that_each_tag_has_a_band_in_order_that_opens_with_time(foretell):
    path, _ = foretell(scenario=replace(SHORT, duration=3 * HOUR, step=MINUTE), members=64)
    for tag in ("T01.power", "power", "T02.gearbox_oil_temperature", "MM.wind_speed_80m"):
        time, low = numbers(path, f"{tag}.p05")
        middle, high = numbers(path, f"{tag}.p50")[1], numbers(path, f"{tag}.p95")[1]
        assert (low <= middle).all(), tag
        assert (middle <= high).all(), tag
        assert np.array_equal(middle, numbers(path, tag)[1])
        assert np.median((high - low)[:4]) < np.median((high - low)[-20:]), tag
        assert time[0] > FORK


def test_that_the_plant_keeps_to_the_band(foretell, record):
    path, _ = foretell(scenario=replace(SHORT, duration=10 * MINUTE, step=10 * SECOND), members=64)
    inside = []
    for tag in ("T01.wind_speed", "T03.power", "T04.wind_speed", "T01.rotor_speed", "T04.gearbox_oil_temperature"):
        time, low = numbers(path, f"{tag}.p05")
        high = numbers(path, f"{tag}.p95")[1]
        real = dict(zip(*numbers(record, tag, FORK, FORK + 10 * MINUTE), strict=True))
        nearest = np.array(sorted(real), np.int64)
        actual = np.array([real[nearest[np.searchsorted(nearest, t, "right") - 1]] for t in time])
        inside.append(((actual >= low) & (actual <= high)).mean())
    assert np.mean(inside) > 0.7, inside


def test_that_a_forecast_knows_nothing_later(foretell, farm, package, record, tmp_path):
    """The same record, cut at the fork, gives the same forecast."""
    from twins.historian.evidence import cut

    early = tmp_path / "early.twin-recording"
    with RecordingFile.open(record) as file:
        cut(file, START, FORK + 1, early)
    path, _ = foretell()
    other = tmp_path / "other.twin-recording"
    forecast(farm, package, early, FORK, SHORT, other, 24)
    assert content(path) == content(other)


def test_that_limits_are_told_with_share_and_time(foretell):
    hot = replace(SHORT, faults=("T02.gearbox_cooling_loss@1 min",))
    _, found = foretell(scenario=hot)
    crossing = next(each for each in found.crossings if each.tag == "T02.gearbox_oil_temperature" and each.limit == "high")
    assert crossing.share > 0.5
    assert FORK < crossing.soonest <= crossing.time <= FORK + 30 * MINUTE


def test_that_pieces_change_no_bit(foretell):
    class Pieces(Here):
        width = 3

    assert content(foretell("whole")[0]) == content(foretell("pieces", where=Pieces())[0])


def test_that_a_cluster_of_two_workers_changes_no_bit(foretell, package, farm):
    with cluster() as address:
        with executor(address) as where:
            assert where.width == 2
            path, _ = foretell("cluster", where=where)
            winds = {"wind_speed": list(np.arange(4.0, 20.0, 1.5))}
            there = swept(package, "T01", winds, ["power", "pitch", "gearbox_oil_temperature"], where, lambda done, what: None)
            tried = _searched(farm, package, where)
        _command_line_takes_it(address)
    assert np.array_equal(tried, _searched(farm, package, Here()))
    assert content(path) == content(foretell("here")[0])
    assert there == sweep(farm, "T01", winds, ["power", "pitch", "gearbox_oil_temperature"])


def _searched(farm, package, where):
    """What five points of a search come to."""
    knobs, goals = [knob_named("T01.active_power_limit", farm)], [goal_named("energy", True, farm)]
    asked = Scenario(duration=2 * MINUTE)
    search = Search(farm, package, Origin(START), asked, knobs, goals, where, lambda done, what: None, lambda: False)
    return search.figures(np.array([[300.0], [700.0], [1000.0], [1500.0], [2000.0]]))


def _command_line_takes_it(address):
    line = ("sweep", "north-ridge", "T01", "--input", "wind_speed=5,8", "--outputs", "power", "--cluster", address, "--json")
    assert len(json.loads(main_py(*line).stdout)["rows"]) == 2


def test_that_the_command_line_forecasts(record, tmp_path):
    to = tmp_path / "f.twin-recording"
    done = main_py(
        "forecast", "north-ridge", "--from", str(record), "--at", "2026-03-01T06:15:00Z", "--for", "10 min", "--members", "8",
        "--to", str(to), "--json",
    )  # fmt: skip
    assert json.loads(done.stdout)["members"] == 8, done.stderr


def test_that_a_cluster_that_isnt_there_is_refused_in_one_sentence():
    with pytest.raises(InputError, match=r"no cluster answers at tcp://127\.0\.0\.1"):
        Cluster(f"tcp://127.0.0.1:{free_port()}")


def test_that_a_cancelled_forecast_leaves_nothing(farm, package, record, tmp_path):
    with pytest.raises(RunCancelled):
        forecast(farm, package, record, FORK, SHORT, tmp_path / "no.twin-recording", 8, cancelled=lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_that_more_members_than_fit_are_refused(farm, package, tmp_path):
    with pytest.raises(InputError, match="members of it need"):
        forecast(farm, package, None, FORK, Scenario(duration=24 * HOUR), tmp_path / "no.twin-recording", 100_000)


def test_that_north_is_no_border_of_a_band():
    tag = Tag("w.direction", unit="deg", range=(0.0, 360.0))
    told = (np.linspace(-20, 20, 41)[None, :]) % 360
    _, low, middle, high = (float(each.bits.view(float)[0]) for each in banded(tag, np.array([0]), told, SECOND))
    assert (low, high) == (pytest.approx(341.1), pytest.approx(18.9))  # −18.9 and 18.9: one more than 41 lies between in 90 %
    assert min(middle, 360 - middle) < 1e-6


def test_that_of_words_the_most_frequent_is_told_and_lost_members_make_the_band_bad():
    tag = Tag("t.state", TagKind.ENUMERATION, values=("stopped", "running"))
    (said,) = banded(tag, np.array([0]), np.array([[1.0, 1.0, 0.0]]), SECOND)
    assert said.value(0) == "running"
    lost = banded(Tag("t.x"), np.array([0, 1]), np.array([[1.0, 2.0], [np.nan, 2.0]]), SECOND)
    assert [int(q) & 0b11 for q in lost[0].quality] == [0, 2]


def test_that_shares_are_whole_and_in_order():
    assert list(shares(10, 3)) == [(0, 3), (3, 3), (6, 4)]
    assert list(shares(2, 5)) == [(0, 1), (1, 1)]


@contextmanager
def cluster():
    """A real scheduler and two workers, on loopback."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-dashboard",
    ]
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--nthreads",
        "1",
        "--host",
        "127.0.0.1",
        "--no-dashboard",
    ]
    started = [
        subprocess.Popen(line, cwd=MAIN.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for line in (scheduler, worker, worker)
    ]
    try:
        _wait_for_two(address)
        yield address
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(20)


def _wait_for_two(address):
    import time

    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            joined = Cluster(address)
        except InputError:
            time.sleep(0.3)
            continue
        width = joined.width
        joined.close()
        if width == 2:
            return
    raise AssertionError("no cluster within a minute")
