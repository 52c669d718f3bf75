"""What several areas of tests need: the sample data, the shipped twin, and the real year, imported once."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT.parent / "shared" / "data"
NORTH_RIDGE = ROOT / "resources" / "twins" / "north-ridge"
YEAR_CSV = SAMPLES / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz"


@pytest.fixture(scope="session")
def sample_data():
    """The folder of sample data; the test is skipped where it is absent."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the sample data is not at {SAMPLES}")
    return SAMPLES


@pytest.fixture(scope="session")
def north_ridge():
    """The folder of the wind farm's package."""
    return NORTH_RIDGE


@pytest.fixture(scope="session")
def real_year(sample_data, tmp_path_factory):
    """The recording of La Haute Borne 2014, imported through the command line's own path; not to be written to."""
    from twins.historian.importing import import_history
    from twins.historian.mapping import read_mapping
    from twins.package.opening import OpenPackage

    package = OpenPackage.at(NORTH_RIDGE)
    path = tmp_path_factory.mktemp("year") / "2014.twin-recording"
    mapping = read_mapping(NORTH_RIDGE / "mappings" / "la-haute-borne.yaml")
    import_history(package.twin, package.zipped(), YEAR_CSV, mapping, path)
    return path
