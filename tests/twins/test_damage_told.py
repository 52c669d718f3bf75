"""A record that was cut short answers with what is left of it, and says so; one of which nothing is left says that."""

from __future__ import annotations

import pytest

from tests.rig import main_py, sensors_package


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    package = sensors_package(folder / "rig")
    place = folder / "whole.twin-recording"
    ran = main_py("emulate", str(package), "--to", str(place), "--for", "20 min", "--seed", "1")
    assert ran.returncode == 0, ran.stderr
    return place


@pytest.mark.parametrize("command", ["predictions", "track-record", "events", "alarms"])
def test_that_the_answer_of_a_cut_record_says_that_it_may_lack_some(record, tmp_path, command):
    whole = main_py(command, str(record))
    assert (whole.returncode, whole.stderr) == (0, "")
    cut = tmp_path / "cut.twin-recording"
    cut.write_bytes(record.read_bytes()[: int(0.6 * record.stat().st_size)])
    ran = main_py(command, str(cut))
    assert ran.returncode == 0
    assert "the answer is of what is left" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_that_of_the_first_page_nothing_can_be_told(record, tmp_path):
    cut = tmp_path / "cut.twin-recording"
    cut.write_bytes(record.read_bytes()[:4096])
    ran = main_py("predictions", str(cut))
    assert ran.returncode == 1
    assert "begins like a recording and holds none" in ran.stderr
