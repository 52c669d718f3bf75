"""A file appears whole or not at all, and what a killed writer left is cleared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twins.historian.drafting import drafted
from twins.historian.recording import RecordingError


def test_that_nothing_is_there_until_it_is_whole(tmp_path):
    place = tmp_path / "out.csv"
    with drafted(place) as draft:
        draft.write_text("half")
        assert not place.exists()
    assert place.read_text() == "half"
    with pytest.raises(KeyboardInterrupt), drafted(place) as draft:
        draft.write_text("other")
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert place.read_text() == "half"


KILLED = """
import os, sys, pathlib
from twins.historian.drafting import drafted
with drafted(pathlib.Path(sys.argv[1])) as draft:
    draft.write_text("never whole")
    draft.with_name(draft.name + "-wal").write_text("log")
    os.kill(os.getpid(), 9)
"""


def test_that_the_draft_of_a_killed_writer_is_cleared_by_the_next(tmp_path):
    place = tmp_path / "a.twin-recording"
    subprocess.run([sys.executable, "-c", KILLED, place], cwd=Path(__file__).parents[2], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    with drafted(place) as draft:
        draft.write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.twin-recording"]


def test_that_an_absent_folder_is_named(tmp_path):
    with pytest.raises(RecordingError, match="is not a folder; make it first"), drafted(tmp_path / "no" / "out.csv"):
        pass
