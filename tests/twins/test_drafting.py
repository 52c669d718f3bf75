"""A file that is written takes its place only where nothing of another kind is lost."""

from __future__ import annotations

import sqlite3

import pytest

from tests.rig import main_py
from twins.historian.drafting import drafted
from twins.historian.recording import RecordingError


@pytest.mark.parametrize(
    ("there", "made", "said"),
    [
        (b"PK\x03\x04 a model", b'{"form": 1}', "is a model or archive, which a JSON file must not replace"),
        (b"unit,time,s1\n1,1,0.5\n", b"PK\x03\x04 a model", "is a text or table, which a model or archive must not replace"),
        (b"\x89PNG\r\n", b"time,tag,value\n", "is a picture, which a text or table must not replace"),
        (b"PAR1....", b"time,tag,value\n", "is a Parquet table, which a text or table must not replace"),
    ],
)
def test_that_what_is_of_another_kind_is_not_replaced(tmp_path, there, made, said):
    place = tmp_path / "kept.dat"
    place.write_bytes(there)
    with pytest.raises(RecordingError, match=said), drafted(place, over=True) as draft:
        draft.write_bytes(made)
    assert place.read_bytes() == there
    assert [each.name for each in tmp_path.iterdir()] == ["kept.dat"]


def test_that_a_recording_is_not_replaced_and_its_own_kind_and_nothing_are(tmp_path):
    record, empty = tmp_path / "r.twin-recording", tmp_path / "empty.csv"
    with sqlite3.connect(record) as base:
        base.execute("create table t (x)")
    with pytest.raises(RecordingError, match="is a recording, which a JSON file"), drafted(record, over=True) as draft:
        draft.write_text("{}")
    empty.write_bytes(b"")
    for text in ("a,b\n1,2\n", "a,b\n3,4\n"):
        with drafted(empty, over=True) as draft:
            draft.write_text(text)
    assert empty.read_text() == "a,b\n3,4\n"


def test_that_a_card_is_not_written_over_a_package_s_file(tmp_path):
    (tmp_path / "twin.yaml").write_text("twin: {id: a, name: A}\n")
    ran = main_py("card", "north-ridge", "main-bearing-hot", "--to", str(tmp_path / "twin.yaml"))
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "name it twin.md" in ran.stderr
    assert (tmp_path / "twin.yaml").read_text() == "twin: {id: a, name: A}\n"
