"""History comes in whole or not at all, whatever the order of its rows."""

from __future__ import annotations

import gzip
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twins.asset import Asset, AssetKind, Tag, TagKind, Twin
from twins.clock import MINUTE, SECOND, format_time, parse_time
from twins.historian.file import RecordingFile
from twins.historian.importing import ImportCancelled, import_history
from twins.historian.mapping import mapping_of, read_mapping
from twins.historian.recording import RecordingError
from twins.record import EventKind, Quality, Reason

MAPPINGS = Path(__file__).parent / "mappings"
T0 = parse_time("2014-01-01T00:00:00Z")
PUMP = "time: { column: t }\nasset: P1\nperiod: 1 min\ntags: { flow: flow }\n"


@pytest.fixture(scope="module")
def twin():
    tags = {
        "P1.flow": Tag("P1.flow", unit="m^3/h"),
        "P1.pressure": Tag("P1.pressure", unit="bar"),
        "P1.note": Tag("P1.note", TagKind.TEXT),
        "T01.power": Tag("T01.power", unit="kW"),
        "T01.outdoor_temperature": Tag("T01.outdoor_temperature", unit="degC"),
        "T01.state": Tag("T01.state", TagKind.ENUMERATION, values=("running", "fault")),
        "T02.power": Tag("T02.power", unit="MW"),
    }
    assets = {path: Asset(path, path, AssetKind.SYSTEM) for path in ("", "P1", "T01", "T02")}
    return Twin("skid", "Skid", AssetKind.SYSTEM, assets, tags, timezone="Europe/Paris")


@pytest.fixture
def bring(tmp_path, twin):
    def bringing(content, mapping=PUMP, *, source="history.csv", target="out.twin-recording", **more):
        path = tmp_path / source
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        words = read_mapping(mapping) if isinstance(mapping, Path) else mapping_of(mapping)
        return import_history(twin, b"zip", path, words, tmp_path / target, **more)

    bringing.target = tmp_path / "out.twin-recording"
    return bringing


def minutes(*values):
    return "t,flow\n" + "".join(f"{format_time(T0 + minute * MINUTE)},{value}\n" for minute, value in values)


def held(path, tag):
    with RecordingFile.open(path) as recording:
        samples = recording.between(0, 2**62, [tag])
        return [((int(samples.source[i]) - T0) // MINUTE, samples.value(i)) for i in range(len(samples))]


def test_that_times_of_a_stopwatch_are_counted_from_when_it_began(bring):
    mapping = "time: { column: t, format: epoch_s, begins: 2014-01-01 01:00:00 }\nasset: P1\ntags: { flow: flow }\n"
    bring("t,flow\n0.00,1\n0.25,2\nnothing,3\n90,4\n", mapping)  # Paris is an hour ahead
    with RecordingFile.open(bring.target) as recording:
        samples = recording.between(0, 2**62, ["P1.flow"])
    assert samples.source.tolist() == [T0, T0 + SECOND // 4, T0 + 90 * SECOND]
    assert [samples.value(i) for i in range(3)] == [1.0, 2.0, 4.0]


ROWS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(0, 40))
def test_that_rows_in_any_order_and_any_parts_show_what_a_naive_reader_shows(tmp_path_factory, twin, rows, cut):
    folder = tmp_path_factory.mktemp("any")
    target = folder / "out.twin-recording"
    rejected: dict[str, int] = {}
    samples = 0
    for part in (rows[:cut], rows[cut:]):
        (folder / "history.csv").write_text(minutes(*part))
        report = import_history(twin, b"zip", folder / "history.csv", mapping_of(PUMP), target)
        samples += report.samples
        for cause, n in report.rejected.items():
            rejected[cause] = rejected.get(cause, 0) + n
    different = set(rows)
    assert samples == len(different)
    assert samples + rejected.get("duplicate", 0) == len(rows)
    assert rejected.get("conflict", 0) == len(different) - len({minute for minute, _ in rows})
    shown: dict[int, int] = {}
    for part, old in ((rows[:cut], ()), (rows[cut:], rows[:cut])):
        shown |= dict(row for row in part if row not in old)
    with RecordingFile.open(target) as recording:
        for minute in range(-1, 22):
            known = [m for m in shown if m <= minute]
            reading = recording.at(T0 + minute * MINUTE).reading("P1.flow")
            assert reading.value == (shown[max(known)] if known else None)


def test_that_conflicting_rows_are_both_kept_and_the_later_is_shown_as_uncertain(bring):
    report = bring(minutes((0, 1), (1, 2), (1, 3), (1, 2.5), (2, 4)))
    assert held(bring.target, "P1.flow") == [(0, 1), (1, 2), (1, 3), (1, 2.5), (2, 4)]
    assert report.rejected == {"conflict": 2}
    assert report.rows == {"conflict": (4, 5)}
    with RecordingFile.open(bring.target) as recording:
        reading = recording.at(T0 + MINUTE).reading("P1.flow")
        assert (reading.value, reading.quality, reading.reason) == (2.5, Quality.UNCERTAIN, Reason.CONFLICT)
        assert recording.at(T0 + 2 * MINUTE).reading("P1.flow").quality is Quality.GOOD


def test_that_unknown_assets_bad_times_and_blanks_are_counted_with_their_rows(bring):
    rows = ("t,a,power", "00:00:00Z,A,5", "soon,A,5", "00:10:00Z,C,5", "00:20:00Z,A,", "00:30:00Z,B,7")
    text = "".join((f"2014-01-01T{row}" if row[0] == "0" else row) + "\n" for row in rows)
    mapping = "time: { column: t }\nasset: { column: a, map: { A: T01, B: T02 } }\ntags: { power: { tag: power, unit: kW } }\n"
    report = bring(text, mapping)
    assert report.samples == 2
    assert report.rows == {"bad_time": (3,), "unknown_asset": (4,), "blank": (5,)}
    assert held(bring.target, "T01.power") == [(0, 5.0)]
    assert held(bring.target, "T02.power") == [(30, 0.007)]
    assert (report.first, report.last) == (T0, T0 + 30 * MINUTE)
    with RecordingFile.open(bring.target) as recording:
        event = recording.events(0, 2**62, [EventKind.IMPORT])[0]
    assert event.data["rejected"] == {"bad_time": 1, "blank": 1, "unknown_asset": 1}
    assert event.data["rows"] == {"bad_time": [3], "blank": [5], "unknown_asset": [4]}
    assert event.data["source"] == "history.csv"


def test_that_a_german_file_with_local_times_and_decimal_commas_comes_in(bring):
    text = (
        "Datum;Uhrzeit;Leistung [W];Außentemperatur;Zustand\r\n"
        "30.03.2014;01:45;1.234.500,5;5,5;läuft\r\n"
        "30.03.2014;02:15;1.000.000;-51,0;Störung\r\n"
        "30.03.2014;03:15;999,9;;steht\r\n"
    )
    report = bring(text.encode("cp1252"), MAPPINGS / "german.yaml")
    with RecordingFile.open(bring.target) as recording:
        samples = recording.between(0, 2**62, ["T01.power"])
        assert [samples.value(i) for i in range(3)] == [1234.5005, 1000.0, 0.9999]
        times = [format_time(int(t)) for t in samples.source]
        assert times == ["2014-03-30T00:45:00Z", "2014-03-30T01:15:00Z", "2014-03-30T01:15:00Z"]
        assert samples.channels[samples.channel[0]].stamp == "end"
    assert report.rejected == {"blank": 1, "conflict": 1, "nonexistent_hour": 1, "unknown_label": 1}
    assert report.bad_outside == 1


def test_that_a_decimal_comma_is_found_without_being_told(bring):
    report = bring("t;flow\n2014-01-01T00:00:00Z;5,31\n2014-01-01T00:01:00Z;0,2\n")
    assert held(bring.target, "P1.flow") == [(0, 5.31), (1, 0.2)]
    assert report.read_as == {"encoding": "utf-8", "delimiter": ";", "decimal": ","}


def test_that_local_times_without_a_zone_are_the_twins_own(bring):
    bring("t,flow\n2014-01-01 01:00:00,5\n")
    assert held(bring.target, "P1.flow") == [(0, 5.0)]


def test_that_one_column_for_each_tag_of_each_asset_comes_in(bring):
    mapping = "time: { column: t }\ntags: { T01_power: T01.power, T02_power: { tag: T02.power, unit: kW } }\n"
    bring("t,T01_power,T02_power\n2014-01-01T00:00:00Z,5,6000\n", mapping)
    assert held(bring.target, "T01.power") == [(0, 5.0)]
    assert held(bring.target, "T02.power") == [(0, 6.0)]


def test_that_texts_come_in_and_their_duplicates_are_known_again(bring):
    mapping = "time: { column: t }\nasset: P1\ntags: { n: note }\n"
    rows = "t,n\n2014-01-01T00:00:00Z,opened\n2014-01-01T00:01:00Z,closed\n2014-01-01T00:02:00Z,opened\n"
    assert bring(rows, mapping).samples == 3
    again = bring("t,n\n2014-01-01T00:02:00Z,opened\n2014-01-01T00:01:00Z,cleaned\n", mapping)
    assert (again.samples, again.rejected) == (1, {"conflict": 1, "duplicate": 1})
    assert held(bring.target, "P1.note") == [(0, "opened"), (1, "closed"), (1, "cleaned"), (2, "opened")]


def test_that_a_truncated_file_gives_what_it_holds(bring):
    packed = gzip.compress(minutes(*((i, i * 7919 % 10007) for i in range(5000))).encode())
    report = bring(packed[: len(packed) // 2], source="history.csv.gz")
    assert report.rejected == {"truncated_file": 1}
    assert held(bring.target, "P1.flow") == [(i, i * 7919 % 10007) for i in range(report.samples)]
    assert report.samples > 1000


def test_that_progress_only_goes_forward_and_ends_at_one(bring):
    told = []
    bring(minutes((0, 1), (1, 2)), progress=lambda part, doing: told.append((part, doing)))
    parts = [part for part, _ in told]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert all(doing for _, doing in told)


@pytest.mark.parametrize("existing", [False, True])
def test_that_a_cancelled_import_leaves_everything_as_it_was(bring, existing):
    rows = minutes(*((i, i) for i in range(100)))
    if existing:
        bring(minutes((-5, 1)))
    before = {path.name: path.read_bytes() for path in bring.target.parent.iterdir() if path.name != "history.csv"}
    calls = [0]

    def after(n):
        def cancelled():
            calls[0] += 1
            return calls[0] >= n

        return cancelled

    bring(rows, target="whole.twin-recording", cancelled=after(10**9))
    (bring.target.parent / "whole.twin-recording").unlink()
    polled = calls[0]
    assert polled > 5
    for n in range(1, polled + 1):
        calls[0] = 0
        with pytest.raises(ImportCancelled):
            bring(rows, cancelled=after(n))
    left = {path.name for path in bring.target.parent.iterdir()} - {"history.csv"}
    assert left == set(before)
    assert held(bring.target, "P1.flow") == [(-5, 1.0)] if existing else not bring.target.exists()


def test_that_an_interrupt_leaves_nothing_behind(bring):
    def interrupted(part, doing):
        if part > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(minutes((0, 1)), progress=interrupted)
    assert [path.name for path in bring.target.parent.iterdir()] == ["history.csv"]


def test_that_a_recording_of_another_twin_is_not_extended(bring, twin, tmp_path):
    bring(minutes((0, 1)))
    other = Twin("other", "Other", twin.kind, twin.assets, twin.tags)
    with pytest.raises(RecordingError, match="is a recording of “skid”, not of “other”"):
        import_history(other, b"zip", tmp_path / "history.csv", mapping_of(PUMP), bring.target)


def test_that_a_folder_in_the_place_of_the_target_is_refused_in_one_sentence(bring):
    bring.target.mkdir()
    with pytest.raises(RecordingError) as refused:
        bring(minutes((0, 1)))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("target", "told"),
    [("absent/out.twin-recording", "is not a folder")],
)
def test_that_a_target_that_cannot_be_is_refused_in_one_sentence(bring, target, told):
    with pytest.raises(RecordingError, match=told) as refused:
        bring(minutes((0, 1)), target=target)
    assert "\n" not in str(refused.value)


def test_that_a_file_that_is_no_recording_is_not_overwritten(bring):
    bring.target.write_bytes(b"something precious")
    with pytest.raises(RecordingError):
        bring(minutes((0, 1)))
    assert bring.target.read_bytes() == b"something precious"


def test_that_the_log_of_a_recording_that_is_gone_is_not_played_into_a_new_one(bring):
    log = bring.target.with_name(bring.target.name + "-wal")
    log.write_bytes(b"left over")
    with pytest.raises(RecordingError, match="is left over from a recording that is gone"):
        bring(minutes((0, 1)))
    assert log.read_bytes() == b"left over"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_that_a_folder_that_cannot_be_written_to_is_refused(bring, twin):
    (bring.target.parent / "history.csv").write_text(minutes((0, 1)))
    bring.target.parent.chmod(0o500)
    with pytest.raises(RecordingError, match="can't be written to"):
        import_history(twin, b"zip", bring.target.parent / "history.csv", mapping_of(PUMP), bring.target)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small disk can't be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=False)


def test_that_a_full_disk_leaves_no_half_written_recording(bring, small_disk):
    rows = minutes(*((i, i * 7919 % 10007 / 7) for i in range(60_000)))
    with pytest.raises(RecordingError) as refused:
        bring(rows, target="disk/out.twin-recording")
    assert "\n" not in str(refused.value)
    assert "full" in str(refused.value)
    assert list(small_disk.iterdir()) == []


def test_that_a_file_of_nothing_readable_is_refused_with_a_remedy_and_leaves_nothing(bring):
    with pytest.raises(RecordingError, match=r"2 × bad_time, first “yesterday” in “t” of row 2; write .* time.format"):
        bring("t,flow\nyesterday,5\ntoday,6\n")
    assert not bring.target.exists()
    bring(minutes((0, 1)))
    assert bring(minutes((0, 1))).rejected == {"duplicate": 1}  # nothing new is not nothing


def test_that_words_that_can_t_be_read_are_told_with_their_column(bring):
    long = "x" * 100
    report = bring(f"t,flow\n2014-01-01T00:00:00Z,abc\n2014-01-01T00:01:00Z,5\n2014-01-01T00:02:00Z,{long}\n")
    first, second = report.quotes["not_a_number"]
    assert (first.row, first.column, first.word) == (2, "flow", "abc")
    assert (second.row, len(second.word)) == (4, 40)


def test_that_older_history_can_be_added_to_newer(bring):
    bring(minutes(*((i, i) for i in range(1000, 1500))))
    bring(minutes(*((i, i) for i in range(0, 500))))
    with RecordingFile.open(bring.target) as recording:
        assert recording.at(T0 + 250 * MINUTE).reading("P1.flow").value == 250
        assert recording.at(T0 + 800 * MINUTE).reading("P1.flow").value == 499
        assert recording.at(T0 + 1250 * MINUTE + SECOND).reading("P1.flow").value == 1250
