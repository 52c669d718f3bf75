"""Evidence tells what the original tells, is sealed or not at all, and shows what is missing from it."""

import itertools
import sqlite3
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twins.asset import TagKind
from twins.clock import SECOND
from twins.historian.evidence import cut, seal, verify
from twins.historian.file import RecordingFile
from twins.historian.recording import RecordingError
from twins.historian.schema import is_sealed
from twins.record import Channel, Event, EventKind, Samples, Waveform

T0 = 1_400_000_000 * SECOND
STEP = SECOND // 4
LIVE = Channel("T01.power", unit="kW", period_ns=SECOND)
HISTORY = Channel("T01.power", unit="kW", period_ns=600 * SECOND, aggregate="mean", stamp="start")
STATUS = Channel("T01.status", TagKind.TEXT)
SHAKE = Channel("T01.vibration", TagKind.WAVEFORM, "m/s^2")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.twin-recording"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "cut.twin-recording"


def created(path, n=0):
    file = RecordingFile.create(path, b"zip", "a", T0)
    for i in range(n):
        file.append(Samples.numbers(LIVE, T0 + i * SECOND, float(i)))
    return file


def change(path, *sentences):
    database = sqlite3.connect(path)
    for sentence in sentences:
        database.execute(sentence)
    database.commit()
    database.close()


def told(file, time, hindsight=False):
    seen = file.at(time, hindsight)
    readings = [seen.reading(path) for path in ("T01.power", "T01.status")]
    return [(r.value, r.quality, r.reason, r.source, r.age_ns, r.stale, r.channel) for r in readings], dict(seen.standing)


def touching(recording, start, end):
    """The samples measured or known in a stretch."""
    return Samples.join([samples for _, samples in recording.pieces(start, end, 1000)])


def rows_of(samples):
    """Each sample, in an order of its own: where several tags share an instant the file promises none."""
    places = range(len(samples))
    return sorted((samples.channels[samples.channel[i]].aggregate, samples.source[i], samples.arrival[i], str(samples.value(i)))
                  for i in places)  # fmt: skip


# waited: since the last arrival; offset: how far the stamp is behind (late) or ahead of its arrival, all in quarter seconds
commits = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(st.tuples(st.sampled_from([LIVE, HISTORY, STATUS]), st.integers(-12, 6)), min_size=1, max_size=4),
        st.sampled_from(["", "raise", "clear"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(commits, st.integers(-6, 30), st.integers(1, 20))
def test_that_a_cut_tells_every_instant_as_the_original_does(made, first, length):
    number = itertools.count()
    with tempfile.TemporaryDirectory() as folder, created(Path(folder, "a.twin-recording")) as file:
        now = T0
        for waited, rows, alarm in made:
            now += waited * STEP
            batches = []
            for channel, offset in rows:
                value = float(next(number))
                if channel is STATUS:
                    batches.append(Samples.of_texts(channel, [now + offset * STEP], [f"text {value}"]))
                else:
                    batches.append(Samples.numbers(channel, now + offset * STEP, value))
            joined = Samples.join(batches)
            arrived = Samples(*(getattr(joined, f) for f in ("channels", "channel", "source")), np.full(len(joined), now),
                              joined.bits, joined.quality, joined.texts)  # fmt: skip
            file.append(arrived, [Event(now, EventKind.ALARM, "T01", "hot", alarm == "raise")] if alarm else [])
        start, end = T0 + first * STEP, T0 + (first + length) * STEP
        span = file.span()
        if end <= span[0] or start > span[1]:
            return
        cut(file, start, end, Path(folder, "cut.twin-recording"))
        with RecordingFile.open(Path(folder, "cut.twin-recording")) as incident:
            assert incident.span() == (max(start, span[0]), min(end - 1, span[1]))
            for time in (*range(max(start, span[0]), end, STEP), end - 1):
                for hindsight in (False, True):
                    assert told(incident, time, hindsight) == told(file, time, hindsight)
            start = max(start, span[0])
            assert rows_of(incident.between(start, end)) == rows_of(file.between(start, end))
            assert rows_of(touching(incident, start, end)) == rows_of(touching(file, start, end))
        assert verify(Path(folder, "cut.twin-recording")).ok


def test_that_a_refused_seal_leaves_a_recording_that_is_written_on(path):
    with created(path, 3) as writer:
        with pytest.raises(RecordingError, match="close the station"):
            seal(path)
        writer.append(Samples.numbers(LIVE, T0 + 9 * SECOND, 9.0))
    assert not is_sealed(path)
    with RecordingFile.open(path, write=True) as file:
        assert file.counts()["samples"] == 4
        assert "sealed" not in file.meta


@pytest.mark.parametrize(("lost", "named"), [("delete from block where id = (select max(id) from block)", "29 of 30 blocks"),
                                             ("delete from event", "0 of 1 events")])  # fmt: skip
def test_that_a_lost_end_of_a_sealed_file_is_noticed(path, lost, named):
    with created(path, 30) as file:
        file.append(Samples.empty(), [Event(T0, EventKind.NOTE)])
    seal(path)
    assert verify(path).ok
    change(path, lost)
    assert any(named in sentence for sentence in verify(path).damaged)


def test_that_a_recording_of_one_instant_is_cut_from_a_wide_stretch(path, out):
    with created(path, 1) as file:
        cut(file, T0 - 10**6 * SECOND, T0 + 10**6 * SECOND, out)
    with RecordingFile.open(out) as incident:
        assert incident.span() == (T0, T0)
        assert incident.at(T0).reading("T01.power").value == 0
        assert incident.counts()["samples"] == 1


def test_that_no_cut_is_made_where_the_original_is_damaged(path, out):
    created(path, 10).close()
    change(path, "update block set data = zeroblob(length(data)) where id = 6", "delete from keyframe")
    with RecordingFile.open(path) as file:
        with pytest.raises(RecordingError, match=r"block 6 .*verify"):
            cut(file, T0 + 3 * SECOND, T0 + 8 * SECOND, out)
        assert not out.exists()
        cut(file, T0 + SECOND, T0 + 3 * SECOND, out)  # the damage is elsewhere
    assert verify(out).ok


def test_that_the_packages_of_the_stretch_and_the_imports_of_the_record_come_along(path, out):
    with created(path, 100) as file:
        file.add_package(b"second", T0 + 20 * SECOND)
        file.add_package(b"third", T0 + 50 * SECOND)
        file.add_package(b"fourth", T0 + 95 * SECOND)
        file.append(Samples.empty(), [Event(T0 + 10**6 * SECOND, EventKind.IMPORT, data={"sha256": "x"})])
        cut(file, T0 + 30 * SECOND, T0 + 90 * SECOND, out)
        with RecordingFile.open(out) as incident:
            for k in (30, 49, 50, 89):
                assert incident.package_at(T0 + k * SECOND) == file.package_at(T0 + k * SECOND)
            assert incident.package_at(T0 + 99 * SECOND) == b"third"
            (origin,) = incident.events(T0, T0 + 10**7 * SECOND, [EventKind.IMPORT])
            assert origin.data == {"sha256": "x"}


def test_that_waveforms_are_carried_into_a_cut(path, out):
    with created(path, 3) as file:
        wave = Waveform(T0, 1000, "m/s^2", np.arange(5, dtype=np.float32))
        file.append(Samples.of_waveforms(SHAKE, T0 + SECOND, [wave]))
        cut(file, T0 + 2 * SECOND, T0 + 3 * SECOND, out)
    with RecordingFile.open(out) as incident:
        assert incident.at(T0 + 2 * SECOND).reading("T01.vibration").value.values.tolist() == [0, 1, 2, 3, 4]


def test_that_many_texts_are_carried_quickly(path, out):
    tags = [Channel(f"T01.text{i}", TagKind.TEXT) for i in range(20_000)]
    with created(path) as file:
        rows = np.arange(len(tags), dtype=np.int32)
        times, quality = np.full(len(tags), T0), np.zeros(len(tags), np.uint8)
        file.append(Samples(tuple(tags), rows, times, times, rows.astype(np.int64), quality, tuple(f"t{i}" for i in rows)))
        file.append(Samples.numbers(LIVE, T0 + 9 * SECOND, 1.0))
        cut(file, T0 + 5 * SECOND, T0 + 10 * SECOND, out)
    with RecordingFile.open(out) as incident:
        assert incident.at(T0 + 6 * SECOND).reading("T01.text19999").value == "t19999"
