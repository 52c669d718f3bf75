"""The desk and the lock: what windows say reaches the station once, in order; and there is one station."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from tests.rig import wait_until
from twins.historian.desk import KEPT, Desk
from twins.historian.lock import Lock, holder
from twins.historian.recording import RecordingError
from twins.record import Intention, IntentionKind

COLUMNS = "uuid, kind, by, time, subject, why, data, crc"


@pytest.fixture
def record(tmp_path):
    return tmp_path / "plant.twin-recording"


def note(text, by="MO"):
    return Intention(IntentionKind.NOTE, by, 7, "T01", "why", {"text": text, "list": [1, None, 2.5]})


def test_that_what_is_posted_is_read_in_order_and_whole(record):
    window, station = Desk.beside(record), Desk.beside(record)
    posted = [note(f"note {i}") for i in range(3)]
    for each in posted:
        window.post(each)
    found = station.after(0)
    assert [intention for _, intention in found] == posted
    assert station.after(found[-1][0]) == []
    window.post(posted[0])
    assert [i.id for _, i in station.after(found[-1][0])] == [posted[0].id]
    assert (record.parent / "plant.desk").stat().st_mode & 0o077 == 0


def test_that_many_windows_post_at_once(record):
    station = Desk.beside(record)

    def work(name):
        desk = Desk.beside(record)
        for i in range(25):
            desk.post(note(str(i), name))
        desk.close()

    threads = [threading.Thread(target=work, args=(f"w{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = station.after(0)
    assert len(found) == 100
    for k in range(4):
        assert [i.data["text"] for _, i in found if i.by == f"w{k}"] == [str(i) for i in range(25)]


def test_that_what_is_damaged_or_hostile_is_passed_over_and_told(record):
    desk = Desk.beside(record)
    good = note("good")
    desk.post(note("bad"))
    desk.post(good)
    database = sqlite3.connect(record.parent / "plant.desk")
    database.execute("update intention set data = '{' where id = 1")
    database.execute(
        "insert into intention(uuid, kind, by, time, subject, why, data, crc) values ('x','explode','','1','','','[]',0)"
    )
    database.commit()
    assert [intention for _, intention in desk.after(0)] == [good]
    assert len(desk.passed_over) == 2
    assert "row 1" in desk.passed_over[0]


def test_that_nothing_but_damage_does_not_stop_what_comes_after(record):
    desk = Desk.beside(record)
    database = sqlite3.connect(record.parent / "plant.desk")
    for _ in range(1500):
        database.execute(
            "insert into intention(uuid, kind, by, time, subject, why, data, crc) values ('x','note','',1,'','','{}',0)"
        )
    database.commit()
    writer = Desk.beside(record)
    writer.post(note("at last"))
    found = [i.data["text"] for _ in range(4) for _, i in desk.after(0)]
    assert "at last" in found


def test_that_a_desk_that_was_removed_counts_anew(record):
    Desk.beside(record).post(note("old"))
    (record.parent / "plant.desk").unlink()
    for ending in ("-wal", "-shm"):
        (record.parent / f"plant.desk{ending}").unlink(missing_ok=True)
    desk = Desk.beside(record)
    desk.post(note("new"))
    assert [i.data["text"] for _, i in desk.after(57)] == ["new"]


def test_that_too_much_is_refused(record):
    with pytest.raises(RecordingError, match="too long"):
        Desk.beside(record).post(note("x" * 100_000))
    assert KEPT > 1000


HOLD = """
import sys, time
from pathlib import Path
from twins.historian.lock import Lock
lock = Lock.beside(Path(sys.argv[1]))
lock.hold("the station of farm")
print("held", flush=True)
time.sleep(60)
"""


def test_that_a_second_holder_is_refused_by_name_and_a_killed_one_leaves_nothing(record):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(record)], stdout=subprocess.PIPE, cwd=root)
    try:
        assert first.stdout.readline() == b"held\n"
        assert f"process {first.pid}" in holder(record)
        with pytest.raises(RecordingError, match=f"the station of farm .process {first.pid}"):
            Lock.beside(record).hold("another")
        first.send_signal(signal.SIGSTOP)
        assert holder(record), "a stopped one still holds"
    finally:
        first.kill()
        first.wait()
    wait_until(lambda: not holder(record))
    lock = Lock.beside(record)
    lock.hold("the next")
    assert "the next" in holder(record)
    lock.close()
    assert holder(record) == ""
