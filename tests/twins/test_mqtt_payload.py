"""Payloads on a tag's own address, and batches: every form is understood, and nothing else is, whatever it is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.bad_payloads import EVIL, GOOD
from twins.asset import Tag, TagKind
from twins.clock import SECOND, parse_time
from twins.links.mqtt.batch import BatchReader, columns_of
from twins.links.mqtt.payload import SAID_NOTHING, UnreadableError, reader_of
from twins.record import Channel, Channels, Quality, Reason, quality_byte

POWER = Tag("T01.power", unit="kW")
COUNT = Tag("T01.count", TagKind.INTEGER)
ON = Tag("T01.on", TagKind.BOOLEAN)
STATE = Tag("T01.state", TagKind.ENUMERATION, values=("stopped", "running"))
TEXT = Tag("T01.text", TagKind.TEXT)
WAVE = Tag("T01.wave", TagKind.WAVEFORM, unit="m/s^2")
T = 1_800_000_000 * SECOND
ASSUMED, BAD_SENSOR = 0b100, quality_byte(Quality.BAD, Reason.SENSOR_FAILURE)


@pytest.mark.parametrize(
    ("tag", "payload", "expected"),
    [
        (POWER, "12.5", [(SAID_NOTHING, 12.5, ASSUMED, -1)]),
        (POWER, " 12 ", [(SAID_NOTHING, 12.0, ASSUMED, -1)]),
        (POWER, f'{{"t":{T},"v":3}}', [(T, 3.0, ASSUMED, -1)]),
        (POWER, '{"t":"2027-01-15T08:00:00Z","v":3.5,"q":"good","n":7}', [(parse_time("2027-01-15T08:00:00Z"), 3.5, 0, 7)]),
        (POWER, '{ "v" : 3.5 , "q" : "bad:sensor_failure" }', [(SAID_NOTHING, 3.5, BAD_SENSOR, -1)]),
        (POWER, '{"v":2.5,"u":"MW"}', [(SAID_NOTHING, 2500.0, ASSUMED, -1)]),
        (POWER, f'[{{"t":{T},"v":1}},{{"t":{T + 1},"v":2}}]', [(T, 1.0, ASSUMED, -1), (T + 1, 2.0, ASSUMED, -1)]),
        (COUNT, "9007199254740993", [(SAID_NOTHING, 9007199254740993, ASSUMED, -1)]),
        (ON, "true", [(SAID_NOTHING, 1, ASSUMED, -1)]),
        (ON, '{"v":0}', [(SAID_NOTHING, 0, ASSUMED, -1)]),
        (STATE, "running", [(SAID_NOTHING, 1, ASSUMED, -1)]),
        (STATE, '{"v":"stopped"}', [(SAID_NOTHING, 0, ASSUMED, -1)]),
        (STATE, "1", [(SAID_NOTHING, 1, ASSUMED, -1)]),
        (TEXT, "all is well", [(SAID_NOTHING, "all is well", ASSUMED, -1)]),
        (TEXT, '{"v":"a \\": b"}', [(SAID_NOTHING, 'a ": b', ASSUMED, -1)]),
    ],
)
def test_that_each_form_is_understood(tag, payload, expected):
    assert reader_of(tag)(payload.encode()) == expected


def test_that_a_waveform_comes_whole():
    [(source, wave, _, _)] = reader_of(WAVE)(json.dumps({"t": T, "dt": 0.001, "v": [1.0, 2.0]}).encode())
    assert (source, wave.start, wave.step, wave.values.tolist()) == (T, T, SECOND // 1000, [1.0, 2.0])


@pytest.mark.parametrize("payload", [p for p in EVIL if p != b"null"], ids=lambda p: repr(p[:16]))
def test_that_what_is_evil_is_refused_with_a_reason(payload):
    with pytest.raises(UnreadableError) as refused:
        reader_of(POWER)(payload)
    assert 0 < len(str(refused.value)) <= 200


@pytest.mark.parametrize(
    ("tag", "payload"),
    [
        (COUNT, "1.5"), (COUNT, str(2**63)), (ON, "2"), (STATE, "flying"), (STATE, "2"), (TEXT, ""), (WAVE, "[1,2]"),
        (WAVE, '{"v":[],"dt":1}'), (POWER, '{"v":1,"u":"m"}'), (POWER, '{"v":1,"u":"zorkmid"}'), (POWER, '{"v":1,"n":-5}'),
    ],
)  # fmt: skip
def test_that_the_wrong_kind_is_refused(tag, payload):
    with pytest.raises(UnreadableError):
        reader_of(tag)(payload.encode())


@settings(max_examples=1500, deadline=None)
@given(
    st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 12), st.sampled_from([POWER, COUNT, ON, STATE, TEXT, WAVE])
)
def test_that_nothing_but_unreadable_is_ever_raised(junk, place, cut, tag):
    payload = GOOD[:place] + junk + GOOD[place + cut :]
    try:
        found = reader_of(tag)(payload)
    except UnreadableError:
        return
    for source, value, _, counter in found:
        assert -(2**63) <= source < 2**63
        assert counter >= -1
        assert not isinstance(value, float) or np.isfinite(value)


@pytest.fixture
def batches():
    tags = (POWER, COUNT, STATE, Tag("T02.power", unit="kW"))
    return BatchReader(Channels(Channel.of(tag) for tag in tags), {tag.path: reader_of(tag) for tag in tags})


def test_that_a_scan_brings_many_tags_at_one_instant(batches):
    said = {"t": T, "v": {"T01.power": 1, "T01.count": 5, "T01.state": "running"}, "q": "uncertain", "n": 4}
    rows = batches.scan(json.dumps(said).encode())
    assert [(place, value) for place, (_, value, _, _) in rows] == [(0, 1.0), (1, 5), (2, 1)]
    assert {(source, quality, n) for _, (source, _, quality, n) in rows} == {(T, int(Quality.UNCERTAIN), 4)}


@pytest.mark.parametrize(
    "payload", [b'{"t":1,"v":{"T09.power":1}}', b'{"v":{"T01.power":1,"T01.power":2}}', b'{"v":{"T01.state":"up"}}', b"[]", b"{"]
)
def test_that_nothing_of_a_scan_counts_where_something_is_wrong(batches, payload):
    with pytest.raises(UnreadableError):
        batches.scan(payload)


def test_that_columns_come_as_they_were_written_and_are_refused_where_a_byte_is_missing(batches):
    place, t = np.array([1, 0, 1], np.uint32), np.array([T, T + 1, T + 2])
    payload = columns_of(["T01.power", "T02.power"], place, t, np.array([1.0, 2.0, 3.0]), np.array([0, 1, 2], np.uint8))
    places, source, value, quality = batches.columns(payload)
    assert places.tolist() == [3, 0, 3]
    assert (source.tolist(), value.tolist(), quality.tolist()) == (t.tolist(), [1.0, 2.0, 3.0], [0, 1, 2])
    for broken in (payload[:-1], payload[:10], payload + b"x", payload.replace(b"T02", b"T07")):
        with pytest.raises(UnreadableError):
            batches.columns(broken)
    with pytest.raises(UnreadableError):
        batches.columns(columns_of(["T01.power"], place, t, np.array([1.0, 2.0, 3.0]), np.zeros(3, np.uint8)))
    with pytest.raises(UnreadableError):
        batches.columns(columns_of(["T01.power"], place * 0, t, np.array([1.0, np.nan, 3.0]), np.zeros(3, np.uint8)))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_that_no_bytes_break_the_reader_of_batches(junk):
    tags = (POWER, COUNT)
    reader = BatchReader(Channels(Channel.of(tag) for tag in tags), {tag.path: reader_of(tag) for tag in tags})
    for payload in (junk, b"TWB1" + junk):
        for read in (reader.scan, reader.columns):
            try:
                found = read(payload)
            except UnreadableError:
                continue
            if read == reader.columns:
                assert len({len(column) for column in found}) == 1
