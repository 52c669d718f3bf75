"""Every recording keeps the same contract: file and memory answer alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twins.asset import TagKind
from twins.clock import DAY, SECOND
from twins.historian.file import RecordingFile
from twins.historian.memory import MemoryRecording
from twins.record import Channel, Event, EventKind, Quality, Reason, Samples, Waveform, quality_byte

T0 = 1_400_000_000 * SECOND
POWER = Channel("T01.power", unit="kW", period_ns=SECOND)
TEN_MINUTES = Channel("T01.power", unit="kW", period_ns=600 * SECOND, aggregate="mean", stamp="start")
STATE = Channel("T01.state", TagKind.ENUMERATION, values=("stopped", "running"))
NOTE = Channel("T01.status", TagKind.TEXT)
COUNT = Channel("T01.count", TagKind.INTEGER, period_ns=SECOND)
WAVE = Channel("T01.vibration", TagKind.WAVEFORM, "m/s^2")


@pytest.fixture(params=["file", "memory"])
def recording(request, tmp_path):
    made = (
        MemoryRecording() if request.param == "memory" else RecordingFile.create(tmp_path / "a.twin-recording", b"zip", "a", T0)
    )
    yield made
    made.close()


def test_that_the_value_at_an_instant_is_the_last_at_or_before_it(recording):
    recording.append(Samples.numbers(POWER, [T0, T0 + SECOND], [1.5, 2.5]))
    assert recording.at(T0 - 1).reading("T01.power").value is None
    assert recording.at(T0).reading("T01.power").value == 1.5
    assert recording.at(T0 + SECOND - 1).reading("T01.power").value == 1.5
    assert recording.at(T0 + SECOND).reading("T01.power").value == 2.5


def test_that_a_late_sample_is_seen_from_its_arrival_on_and_in_hindsight_from_its_source(recording):
    recording.append(Samples.numbers(POWER, T0, 1.0, arrival=T0))
    recording.append(Samples.numbers(POWER, T0 + 10 * SECOND, 3.0, arrival=T0 + 10 * SECOND))
    recording.append(Samples.numbers(POWER, T0 + 5 * SECOND, 2.0, arrival=T0 + 20 * SECOND))
    assert recording.at(T0 + 7 * SECOND).reading("T01.power").value == 1.0
    assert recording.at(T0 + 7 * SECOND, hindsight=True).reading("T01.power").value == 2.0
    assert recording.at(T0 + 30 * SECOND).reading("T01.power").value == 3.0  # newest by source, not by arrival


def test_that_a_stamp_ahead_of_its_arrival_is_uncertain_and_ordered_by_arrival(recording):
    recording.append(Samples.numbers(POWER, T0 + 3600 * SECOND, 9.0, arrival=T0))
    recording.append(Samples.numbers(POWER, T0 + SECOND, 1.0, arrival=T0 + SECOND))
    first = recording.at(T0).reading("T01.power")
    assert (first.value, first.quality, first.reason) == (9.0, Quality.UNCERTAIN, Reason.AHEAD_OF_ARRIVAL)
    assert recording.at(T0 + SECOND).reading("T01.power").value == 1.0


def test_that_every_kind_of_tag_comes_back_as_it_was(recording):
    wave = Waveform(T0, 1_000_000, "m/s^2", np.arange(8, dtype=np.float32))
    recording.append(
        Samples.join(
            [
                Samples.numbers(STATE, T0, 1),
                Samples.numbers(COUNT, T0, 2**60 + 1),
                Samples.of_texts(NOTE, [T0, T0 + 5], ["größer", "plain"]),
                Samples.of_waveforms(WAVE, T0, [wave]),
            ]
        )
    )
    recording.append(Samples.of_texts(NOTE, [T0 + 9], ["plain"]))
    seen = recording.at(T0)
    assert seen.reading("T01.state").value == "running"
    assert seen.reading("T01.count").value == 2**60 + 1
    assert seen.reading("T01.status").value == "größer"
    assert recording.at(T0 + 5).reading("T01.status").value == "plain"
    assert recording.at(T0 + 9).reading("T01.status").value == "plain"
    assert np.array_equal(seen.reading("T01.vibration").value.values, wave.values)
    found = recording.between(T0, T0 + 100, ["T01.status", "T01.vibration"])
    assert [found.value(i) for i in range(len(found)) if found.channels[found.channel[i]].kind is TagKind.TEXT] == [
        "größer",
        "plain",
        "plain",
    ]


def test_that_the_period_of_what_was_brought_in_decides_when_it_is_stale(recording):
    recording.append(Samples.numbers(TEN_MINUTES, T0, 1.0))
    assert not recording.at(T0 + 18 * 60 * SECOND).reading("T01.power").stale
    assert recording.at(T0 + 20 * 60 * SECOND).reading("T01.power").stale
    recording.append(Samples.numbers(POWER, T0 + 3600 * SECOND, 2.0))
    live = recording.at(T0 + 3602 * SECOND).reading("T01.power")
    assert (live.value, live.stale, live.channel.aggregate) == (2.0, True, "")


def test_that_what_comes_many_times_a_second_is_not_stale_within_one(recording):
    recording.append(Samples.numbers(Channel("H.pressure", period_ns=SECOND // 25), T0, 1.0))
    assert not recording.at(T0 + 9 * SECOND // 10).reading("H.pressure").stale
    assert recording.at(T0 + 11 * SECOND // 10).reading("H.pressure").stale


def test_that_on_change_tags_are_stale_when_their_link_is_down(recording):
    state = Channel("P1.on", TagKind.BOOLEAN, link="mqtt")
    recording.append(
        Samples.numbers(state, T0, 1),
        [
            Event(T0, EventKind.LINK, "", "mqtt", True, {"state": "up"}),
            Event(T0 + 5 * SECOND, EventKind.LINK, "", "mqtt", True, {"state": "down"}),
        ],
    )
    assert not recording.at(T0 + 4 * SECOND).reading("P1.on").stale
    assert recording.at(T0 + 6 * SECOND).reading("P1.on").stale


def test_that_what_stands_is_what_stood_then(recording):
    alarm = [
        Event(T0, EventKind.ALARM, "T01", "T01/hot", True, {"state": "unacknowledged"}),
        Event(T0 + 10, EventKind.ALARM, "T01", "T01/hot", True, {"state": "acknowledged"}),
        Event(T0 + 20, EventKind.ALARM, "T01", "T01/hot", False, {"state": "normal"}),
    ]
    recording.append(Samples.empty(), alarm)
    states = [[e.data["state"] for e in recording.at(T0 + dt).standing.of(EventKind.ALARM)] for dt in (-1, 0, 15, 20)]
    assert states == [[], ["unacknowledged"], ["acknowledged"], []]


def test_that_a_late_event_changes_what_stood(recording):
    for i in range(600):
        recording.append(Samples.empty(), [Event(T0 + 10 * i, EventKind.ALARM, "", "a", i % 2 == 0, {"i": i})])
    recording.append(Samples.empty(), [Event(T0 + 5005, EventKind.ALARM, "", "b", True, {})])
    assert len(recording.at(T0 + 5004).standing) == 1
    assert len(recording.at(T0 + 5006).standing) == 2
    assert len(recording.at(T0 + 10_000).standing) == 1


def test_that_the_tail_hands_over_everything_once(recording):
    recording.append(Samples.numbers(POWER, T0, 1.0), [Event(T0, EventKind.NOTE)])
    first = recording.tail()
    recording.append(Samples.numbers(POWER, T0 + 1, 2.0))
    second = recording.tail(first.position)
    assert (len(first.samples), len(first.events)) == (1, 1)
    assert (second.samples.value(0), len(second.events)) == (2.0, 0)
    assert len(recording.tail(second.position).samples) == 0


def test_that_a_trend_keeps_extremes_and_leaves_gaps_empty(recording):
    t = T0 + np.arange(10_000) * SECOND
    values = np.sin(np.arange(10_000) / 500)
    values[4321] = 99
    gap = (np.arange(10_000) < 6000) | (np.arange(10_000) >= 7000)
    recording.append(Samples.numbers(POWER, t[gap], values[gap]))
    trend = recording.trend("T01.power", T0, T0 + 10_000 * SECOND, 100)
    assert len(trend.t) == 90
    assert trend.max.max() == 99
    assert trend.n.sum() == 9000
    assert not ((trend.t >= T0 + 6000 * SECOND) & (trend.t < T0 + 7000 * SECOND)).any()
    zoomed = recording.trend("T01.power", T0 + 4320 * SECOND, T0 + 4323 * SECOND, 100)
    assert zoomed.exact
    assert list(zoomed.t) == [T0 + k * SECOND for k in (4320, 4321, 4322)]


def test_that_the_trend_of_a_year_has_its_buckets_in_that_year(recording):
    year = 365 * 86_400 * SECOND
    t = T0 + np.arange(0, year, 3600 * SECOND)
    recording.append(Samples.numbers(TEN_MINUTES, t, np.arange(len(t))))
    trend = recording.trend("T01.power", T0, T0 + year, 1500)
    assert len(trend.t) == 1500
    assert (trend.t[0], trend.n.sum()) == (T0, len(t))
    assert (np.diff(trend.t) > 0).all()
    assert abs(int(np.diff(trend.t).max()) - year // 1500) <= 1


def test_that_bad_values_are_kept_but_not_drawn(recording):
    bad = quality_byte(Quality.BAD, Reason.OUT_OF_RANGE)
    recording.append(Samples.numbers(POWER, [T0, T0 + SECOND], [1.0, -300.0], quality=[0, bad]))
    assert recording.trend("T01.power", T0, T0 + 10 * SECOND, 10).max.tolist() == [1.0]
    assert recording.at(T0 + SECOND).reading("T01.power").quality is Quality.BAD


moments = st.integers(0, 60)
rows = st.lists(st.tuples(st.sampled_from("abc"), moments, st.integers(-3, 30), st.integers(0, 5)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows, st.lists(st.integers(1, 7), min_size=1, max_size=8), moments, st.booleans(), st.booleans())
def test_that_the_file_answers_as_the_naive_oracle_does(tmp_path_factory, rows, sizes, when, hindsight, rebuild):
    path = tmp_path_factory.mktemp("r") / "a.twin-recording"
    with RecordingFile.create(path, b"zip", "a", T0) as file:
        naive = MemoryRecording()
        while rows:
            size, sizes = sizes[0], [*sizes[1:], sizes[0]]
            batch, rows = rows[:size], rows[size:]
            parts = [
                Samples.numbers(
                    Channel(f"X.{tag}", period_ns=SECOND * (1 + v % 2)),  # two ways of writing each tag
                    T0 + s * SECOND,
                    v,
                    arrival=T0 + (s + late) * SECOND,
                )
                for tag, s, late, v in batch
            ]
            for target in (file, naive):
                target.append(Samples.join(parts))
        if rebuild:
            file.rebuild_keyframes()
        t = T0 + when * SECOND
        mine, theirs = file.at(t, hindsight), naive.at(t, hindsight)
        assert {c.path: mine.reading(c.path) for c in naive.channels} == {c.path: theirs.reading(c.path) for c in naive.channels}
        a, b = file.between(T0, t), naive.between(T0, t)
        assert sorted(zip(a.source, a.bits, strict=True)) == sorted(zip(b.source, b.bits, strict=True))


def test_that_a_clock_ahead_does_not_keep_a_silent_tag_fresh(recording):
    recording.append(Samples.numbers(POWER, T0 + 3600 * SECOND, 1.0, arrival=T0))
    assert recording.at(T0 + 60 * SECOND).reading("T01.power").stale


def test_that_of_two_ways_of_writing_a_tag_the_later_row_counts_at_one_instant(recording):
    for channel, value in ((POWER, 0.0), (TEN_MINUTES, 1.0), (POWER, 2.0)):
        recording.append(Samples.numbers(channel, T0, value))
    assert recording.at(T0).reading("T01.power").value == 2.0


def test_that_of_two_ways_of_writing_a_tag_in_one_batch_the_last_row_counts_too(recording):
    rows = [(TEN_MINUTES, 1.0), (POWER, 0.0), (TEN_MINUTES, 3.0)]
    recording.append(Samples.join([Samples.numbers(channel, T0, value) for channel, value in rows]))
    assert recording.at(T0).reading("T01.power").value == 3.0


def test_that_events_out_of_order_in_one_batch_stand_by_their_times(recording):
    end, begin = Event(T0 + 10, EventKind.ALARM, "", "a", False), Event(T0, EventKind.ALARM, "", "a", True)
    recording.append(Samples.empty(), [end, begin])
    for i in range(300):
        recording.append(Samples.numbers(POWER, T0 + SECOND + i, i))
    assert not recording.at(T0 + DAY).standing


def test_that_waveforms_keep_the_kind_of_their_numbers(recording):
    for i, kind in enumerate(("<f4", "<f8", "<i2", "<i4")):
        recording.append(Samples.of_waveforms(WAVE, [T0 + i], [Waveform(T0, 10, "V", np.array([1, -2, 3], kind))]))
        assert recording.at(T0 + i).reading("T01.vibration").value.values.dtype == np.dtype(kind)
