"""The file of a recording: read and written by several at once, killed, damaged, cut short, sealed and cut out."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from twins.asset import TagKind
from twins.clock import DAY, SECOND
from twins.historian.evidence import cut, seal, verify
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError
from twins.record import Channel, Event, EventKind, Quality, Reason, Samples, quality_byte

T0 = 1_400_000_000 * SECOND
POWER = Channel("T01.power", unit="kW", period_ns=SECOND)
STATE = Channel("T01.state", TagKind.ENUMERATION, values=("stopped", "running"))
NOTE = Channel("T01.status", TagKind.TEXT)
COUNT = Channel("T01.count", TagKind.INTEGER, period_ns=SECOND)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.twin-recording"


def created(path, n=0):
    made = RecordingFile.create(path, b"zip", "a", T0)
    for i in range(n):
        made.append(Samples.numbers(POWER, T0 + i * SECOND, i))
    return made


def test_that_a_long_record_is_found_through_its_keyframes(path):
    with created(path) as file:
        for i in range(300):
            file.append(Samples.numbers(POWER, T0 + np.arange(i * 10, i * 10 + 10) * SECOND, np.arange(i * 10, i * 10 + 10)))
        n = file._database.execute("select count(*) from keyframe").fetchone()[0]
        assert n >= 4
        for k in (0, 7, 999, 1555, 2999):
            assert file.at(T0 + k * SECOND).reading("T01.power").value == k


def test_that_reading_needs_no_writer_and_follows_one(path):
    with created(path, 3) as writer, RecordingFile.open(path) as reader:
        assert reader.at(T0 + 9 * SECOND).reading("T01.power").value == 2
        writer.append(Samples.numbers(POWER, T0 + 5 * SECOND, 7.0))
        assert reader.at(T0 + 9 * SECOND).reading("T01.power").value == 7
        with pytest.raises(RecordingError, match="read only"):
            reader.append(Samples.numbers(POWER, T0, 1.0))


def test_that_two_writers_take_turns(path):
    with created(path, 3) as one, RecordingFile.open(path, write=True) as two:
        two.append(Samples.numbers(STATE, T0 + 10 * SECOND, 1), [Event(T0, EventKind.ALARM, "", "a", True)])
        one.append(Samples.numbers(COUNT, T0 + 11 * SECOND, 5), [Event(T0 + SECOND, EventKind.ALARM, "", "b", True)])
        two.append(Samples.numbers(POWER, T0 + 12 * SECOND, 9.0))
        for file in (one, two):
            seen = file.at(T0 + 12 * SECOND)
            assert [seen.reading(p).value for p in ("T01.state", "T01.count", "T01.power")] == ["running", 5, 9.0]
            assert len(seen.standing) == 2
    assert verify(path).ok


def test_that_a_writer_that_looks_in_between_is_not_misled(path):
    with created(path, 1) as one, RecordingFile.open(path, write=True) as two:
        two.append(Samples.numbers(POWER, T0 + SECOND, 2.0))
        assert one.at(T0 + SECOND).reading("T01.power").value == 2.0  # takes in what the other wrote, outside its own append
        for i in range(2, 90):
            one.append(Samples.numbers(COUNT, T0 + i * SECOND, i))
    with RecordingFile.open(path) as file:
        assert file.at(T0 + 100 * SECOND).reading("T01.power").value == 2.0
        assert file.at(T0 + 100 * SECOND).reading("T01.count").value == 89


def test_that_a_reader_keeps_up_with_a_writer_that_adds_tags(path):
    with created(path) as writer, RecordingFile.open(path) as reader:
        stop = threading.Event()
        seen, failed, position = [], [], [(0, 0)]

        def read():
            while not stop.is_set():
                try:
                    reader.at(T0 + DAY)
                    tail = reader.tail(position[-1])
                    position.append(tail.position)
                    seen.append(len(tail.samples))
                except Exception as error:
                    failed.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        for i in range(300):
            writer.append(Samples.numbers(Channel(f"A{i}.v"), T0 + i * SECOND, i))
        stop.set()
        thread.join()
        seen.append(len(reader.tail(position[-1]).samples))
    assert not failed
    assert sum(seen) == 300


def test_that_numbers_of_numpy_and_odd_texts_are_taken_as_what_they_mean(path):
    with created(path) as file:
        event = Event(
            np.int64(T0), EventKind.NOTE, np.str_("T01"), data={"n": np.float64("nan"), "t": "a\ud800b", "k": np.int64(3)}
        )
        file.append(Samples.of_texts(NOTE, [T0], [np.str_("wörd")]), [event])
        file.append(Samples.of_texts(NOTE, [T0 + 1], ["half \ud800 pair"]))
        assert file.at(T0).reading("T01.status").value == "wörd"
        assert file.at(T0 + 1).reading("T01.status").value == "half ? pair"
        (told,) = file.events(T0, T0 + 1)
        assert (told.time, told.subject, dict(told.data)) == (T0, "T01", {"n": None, "t": "a?b", "k": 3})
    assert verify(path).ok


def test_that_a_lost_text_is_bad_and_a_lost_event_is_named(path):
    with created(path) as file:
        file.append(Samples.of_texts(NOTE, [T0], ["precious"]), [Event(T0, EventKind.ALARM, "", "a", True)])
        file.append(Samples.empty(), [Event(T0 + 1, EventKind.NOTE, "", data={"text": "b"})])
    database = sqlite3.connect(path)
    database.execute("update text set value = 'forged'")
    database.execute("delete from event where id = 1")
    database.execute("update meta set value = 'yes' where key = 'simulated'")
    database.commit()
    database.close()
    with RecordingFile.open(path) as file:
        reading = file.at(T0 + 5).reading("T01.status")
        assert (reading.quality, reading.reason, reading.sound) == (Quality.BAD, Reason.DAMAGED, False)
        assert file.between(T0, T0 + 5).quality.tolist() == [quality_byte(Quality.BAD, Reason.DAMAGED)]
        told = " ".join(file.damage)
        assert "text 1" in told
        assert "event 1 is missing" in told
        assert "“simulated”" in told
    assert not verify(path).ok


def test_that_a_transaction_is_all_or_nothing(path):
    with created(path, 3) as file:
        with pytest.raises(KeyboardInterrupt), file.transaction():
            file.append(Samples.numbers(STATE, T0 + 8 * SECOND, 1), [Event(T0, EventKind.NOTE)])
            raise KeyboardInterrupt
        assert file.counts() == {"blocks": 3, "samples": 3, "events": 0}
        file.append(Samples.numbers(STATE, T0 + 8 * SECOND, 1))
        assert file.at(T0 + 9 * SECOND).reading("T01.state").value == "running"
    assert verify(path).ok


WRITER = """
import sys, itertools, pathlib
from twins.historian.file import RecordingFile
from twins.record import Channel, Samples
import numpy as np
file = RecordingFile.open(pathlib.Path(sys.argv[1]), write=True)
power = Channel("T01.power", unit="kW", period_ns=10**9)
for i in itertools.count():
    file.append(Samples.numbers(power, int(sys.argv[2]) + i, np.float64(i)))
    print(i, flush=True)
"""


@pytest.mark.parametrize("milliseconds", [3, 20, 61, 110, 190])
def test_that_a_killed_writer_loses_nothing_it_acknowledged(path, milliseconds):
    created(path).close()
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(T0)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
    )
    child.stdout.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(milliseconds / 1000)
    os.kill(child.pid, signal.SIGKILL)
    acknowledged = len(child.stdout.read().splitlines()) + 1
    child.wait()
    with RecordingFile.open(path, write=True) as file:
        found = file.between(T0, T0 + 10**9)
        assert len(found) >= acknowledged
        assert found.bits.view(np.float64).tolist() == list(range(len(found)))
        file.append(Samples.numbers(POWER, T0 + SECOND, 1.0))
    assert verify(path).ok


def test_that_damage_is_named_and_nothing_wrong_is_told(path):
    with created(path) as file:
        for i in range(40):
            file.append(Samples.numbers(POWER, T0 + (i * 50 + np.arange(50)) * SECOND, np.arange(50) + 1000.0 * i))
    database = sqlite3.connect(path)
    (data,) = database.execute("select data from block where id = 20").fetchone()
    database.execute("update block set data = ? where id = 20", (data[:100] + bytes([data[100] ^ 4]) + data[101:],))
    database.execute("delete from keyframe")
    database.commit()
    database.close()
    verdict = verify(path)
    assert (verdict.ok, verdict.blocks, verdict.samples, len(verdict.damaged)) == (False, 40, 1950, 1)
    assert "block 20" in verdict.damaged[0]
    with RecordingFile.open(path) as file:
        assert file.at(T0 + 940 * SECOND).reading("T01.power").sound
        doubted = file.at(T0 + 960 * SECOND).reading("T01.power")
        assert (doubted.quality, doubted.reason) == (Quality.BAD, Reason.DAMAGED)
        assert file.at(T0 + 1001 * SECOND).reading("T01.power").value == 20_001
        assert "block 20" in file.damage[0]


def test_that_flipped_bits_never_yield_a_wrong_value(path, tmp_path):
    with created(path) as file:
        for i in range(30):
            file.append(Samples.numbers(POWER, T0 + (i * 20 + np.arange(20)) * SECOND, i * 20.0 + np.arange(20)))
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    hurt = tmp_path / "hurt.twin-recording"
    noticed = 0
    for _ in range(150):
        bytes_ = bytearray(whole)
        bytes_[rng.integers(100, len(whole))] ^= 1 << rng.integers(8)
        hurt.write_bytes(bytes_)
        try:
            with RecordingFile.open(hurt) as file:
                for k in rng.integers(0, 600, 4):
                    reading = file.at(T0 + int(k) * SECOND).reading("T01.power")
                    assert not reading.sound or reading.value == k
                noticed += bool(file.damage)
        except RecordingError as error:
            assert "hurt.twin-recording" in str(error)
            noticed += 1
    assert noticed


def test_that_a_truncated_file_opens_and_a_foreign_one_is_refused(path, tmp_path):
    with created(path) as file:
        for i in range(60):
            t = T0 + (i * 400 + np.arange(400)) * SECOND
            file.append(Samples.numbers(POWER, t, i * 400.0 + np.arange(400)))
    half = tmp_path / "half.twin-recording"
    half.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with RecordingFile.open(half) as file:  # what is left of it opens, and says what is lost
        assert any("cut short" in told for told in file.damage)
        assert file.at(T0 + 5 * SECOND).reading("T01.power").value == 5
        assert not file.at(T0 + 23_999 * SECOND).reading("T01.power").sound
    assert not verify(half).ok
    (tmp_path / "text.twin-recording").write_text("hello")
    with pytest.raises(RecordingError, match="not a recording"):
        RecordingFile.open(tmp_path / "text.twin-recording")
    with pytest.raises(RecordingError, match=r"absent\.twin-recording can't be opened"):
        RecordingFile.open(tmp_path / "absent.twin-recording")
    with pytest.raises(RecordingError, match="exists already"):
        RecordingFile.create(path, b"", "a", T0)


def test_that_sealed_evidence_is_never_touched(path):
    created(path, 30).close()
    seal(path)
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(p.name for p in path.parent.iterdir()))
    with RecordingFile.open(path) as file:
        assert file.at(T0 + 29 * SECOND).reading("T01.power").value == 29
    assert verify(path).ok
    assert before == (path.read_bytes(), path.stat().st_mtime_ns, sorted(p.name for p in path.parent.iterdir()))
    with pytest.raises(RecordingError, match="sealed"):
        RecordingFile.open(path, write=True)


def test_that_a_cut_opens_alone_and_tells_the_same(path, tmp_path):
    out = tmp_path / "incident.twin-recording"
    with created(path) as file:
        for i in range(50):
            file.append(
                Samples.join(
                    [Samples.numbers(POWER, T0 + i * SECOND, float(i)), Samples.of_texts(NOTE, [T0 + i * SECOND], [f"n{i}"])]
                ),
                [Event(T0 + i * SECOND, EventKind.ALARM, "T01", f"a{i % 3}", i % 2 == 0, {"i": i})],
            )
        file.append(Samples.numbers(POWER, T0 + 19 * SECOND, 19.5, arrival=T0 + 25 * SECOND))
        cut(file, T0 + 20 * SECOND, T0 + 30 * SECOND, out)
        path.rename(tmp_path / "elsewhere")
        with RecordingFile.open(out) as incident:
            assert incident.span() == (T0 + 20 * SECOND, T0 + 30 * SECOND - 1)
            for k in (20, 24, 26, 29):
                for hindsight in (False, True):
                    mine, whole = incident.at(T0 + k * SECOND, hindsight), file.at(T0 + k * SECOND, hindsight)
                    assert [mine.reading(p) for p in ("T01.power", "T01.status")] == [
                        whole.reading(p) for p in ("T01.power", "T01.status")
                    ]
                    assert dict(mine.standing) == dict(whole.standing)
            assert incident.package_at(T0) == b"zip"
    assert verify(out).ok
    with pytest.raises(RecordingError, match="sealed"):
        RecordingFile.open(out, write=True)
