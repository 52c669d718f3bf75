"""What several areas of tests need: the sample data, the shipped twin, and the real year, imported once."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT.parent / "shared" / "data"
NORTH_RIDGE = ROOT / "resources" / "twins" / "north-ridge"
PLANT_START = 1_772_344_800_000_000_000  # 2026-03-01T06:00:00Z
hypothesis.settings.register_profile("shared machine", deadline=None)  # how long an example takes says nothing on a busy one
hypothesis.settings.load_profile("shared machine")
YEAR_CSV = SAMPLES / "wind_lahauteborne" / "scada_2014_R80711_R80721.csv.gz"


@pytest.fixture(scope="session")
def sample_data():
    """The folder of sample data; the test is skipped where it is absent."""
    if not SAMPLES.is_dir():
        pytest.skip(f"the sample data is not at {SAMPLES}")
    return SAMPLES


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """What is marked as reading the sample data is skipped before its fixtures look for them."""
    if item.get_closest_marker("sample_data") and not SAMPLES.is_dir():
        pytest.skip(f"the sample data is not at {SAMPLES}")


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


@pytest.fixture(scope="session")
def farm():
    """The wind farm."""
    from twins.package.loader import load

    return load(NORTH_RIDGE)


@pytest.fixture(scope="session")
def package():
    """The wind farm's package, zipped."""
    from twins.package.archive import zipped

    return zipped(NORTH_RIDGE)


@pytest.fixture(scope="session")
def record(farm, package, tmp_path_factory):
    """Twenty-five minutes of the emulated farm; T02 is told to give less after eighteen. Not to be written to."""
    from twins.clock import MINUTE
    from twins.emulator import Plant
    from twins.historian.file import RecordingFile

    path = tmp_path_factory.mktemp("plant") / "plant.twin-recording"
    plant = Plant(farm, PLANT_START)
    with RecordingFile.create(path, package, farm.id, PLANT_START, simulated=True) as file:
        file.append(plant.run_to(PLANT_START + 18 * MINUTE))
        plant.set("T02.active_power_limit", 700.0)
        file.append(plant.run_to(PLANT_START + 25 * MINUTE))
    return path
