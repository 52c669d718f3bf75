"""WFDB records: signals in their units at their instants, beats as rates; what is none is refused."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from twins.clock import SECOND, parse_time
from twins.historian.days import open_record
from twins.historian.recording import RecordingError
from twins.historian.wfdb import import_wfdb
from twins.package.archive import zipped
from twins.package.loader import load

T0 = parse_time("2026-01-01T00:00:00Z")
MAPPING = "start: 2026-01-01T00:00:00Z\nsignals: { II: H.ecg }\nbeat_rate: H.heart_rate\n"


@pytest.fixture(scope="module")
def heart(request):
    folder = request.config.rootpath / "resources" / "twins" / "heart"
    return load(folder), zipped(folder)


def packed_212(values):
    a, b = (np.asarray(values, int) & 0xFFF).reshape(-1, 2).T
    return np.column_stack([a & 0xFF, (a >> 8) | (b >> 8) << 4, b & 0xFF]).astype(np.uint8).tobytes()


@pytest.fixture
def record(tmp_path):
    """Two signals of 2.5 s at 100 Hz, in one file; beats at 0.5, 1.25 and 2.25 s, a note between them."""
    one, two = np.arange(250) % 7 - 3, -np.arange(250)
    (tmp_path / "r.dat").write_bytes(packed_212(np.column_stack([one, two]).ravel()))
    (tmp_path / "r.hea").write_text("r 2 100 250\nr.dat 212 200(10)/mV 11 0 0 0 0 II\nr.dat 212 100/mV 11 0 0 0 0 V5\n")
    words = [1 << 10 | 50, 28 << 10 | 10, 63 << 10 | 4, 0x4142, 0x4344, 1 << 10 | 65, 59 << 10, 0, 100, 1 << 10 | 0, 0]
    (tmp_path / "r.atr").write_bytes(np.array(words, "<u2").tobytes())
    (tmp_path / "map.yaml").write_text(MAPPING)
    return tmp_path, one


def test_that_a_record_becomes_blocks_in_its_unit_and_a_rate_at_each_beat(heart, record):
    folder, one = record
    told = import_wfdb(*heart, folder / "r.hea", folder / "map.yaml", folder / "out.twin-recording")
    assert told["seconds"] == 2.5
    with contextlib.closing(open_record(folder / "out.twin-recording")) as file:
        blocks = file.between(T0, T0 + 10 * SECOND, ["H.ecg"])
        assert [wave.start - T0 for wave in blocks.waveforms] == [0, SECOND, 2 * SECOND]
        np.testing.assert_allclose(np.concatenate([w.values for w in blocks.waveforms]), (one - 10) / 200, rtol=1e-6)
        rates = file.between(T0, T0 + 10 * SECOND, ["H.heart_rate"])
        assert ((rates.source - T0) / SECOND).tolist() == [1.25, 2.25]
        assert rates.bits.view(np.float64) == pytest.approx([80.0, 60.0])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda f: (f / "r.dat").write_bytes(b"\0" * 30), "ends after"),
        (lambda f: (f / "r.hea").write_text("not a header"), "no WFDB header"),
        (lambda f: (f / "r.hea").write_text("r 1 100 250\n../r.dat 212 200 11 0 0 0 0 II\n"), "outside"),
        (lambda f: (f / "r.hea").write_text("r 1 100 250\nr.dat 61 200 11 0 0 0 0 II\n"), "format 61"),
        (lambda f: (f / "map.yaml").write_text("signals: { X: H.ecg }"), "no signal"),
        (lambda f: (f / "map.yaml").write_text("signals: { II: H.heart_rate }"), "no waveform"),
    ],
)
def test_that_what_does_not_fit_is_refused_and_nothing_is_written(heart, record, change, word):
    folder, _ = record
    change(folder)
    with pytest.raises(RecordingError, match=word):
        import_wfdb(*heart, folder / "r.hea", folder / "map.yaml", folder / "out.twin-recording")
    assert not (folder / "out.twin-recording").exists()


@pytest.mark.sample_data
def test_that_half_an_hour_of_a_real_ecg_comes_in_with_its_beats(heart, sample_data, tmp_path):
    (tmp_path / "map.yaml").write_text(MAPPING.replace("II:", "MLII:"))
    told = import_wfdb(*heart, sample_data / "health_ecg" / "100.hea", tmp_path / "map.yaml", tmp_path / "out.twin-recording")
    assert told["samples"] == 1_806 + 2_273 - 1
    with contextlib.closing(open_record(tmp_path / "out.twin-recording")) as file:
        first = file.between(T0, T0 + 2 * SECOND, ["H.ecg"]).waveforms[0]
    assert first.values[0] == pytest.approx((995 - 1024) / 200)
