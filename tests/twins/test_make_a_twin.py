"""The guide for making a twin, done as it is written: its files are put together and its commands run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from twins.checking import check
from twins.package import load

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "make-a-twin.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:feed-pump/[\w/-]+|history|machine)\.(?:yaml|csv|py))`")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = ("check", "picture", "import", "simulate", "predict")


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The folder after all of it, and what each command said."""
    folder, said = tmp_path_factory.mktemp("guide"), []
    for block in FENCED.finditer(GUIDE):
        if block[1] == "sh":
            said += [_run(line, folder) for line in block[2].splitlines() if line.split()[2:3] and line.split()[2] in RUN]
        else:
            file = folder / NAMED.findall(GUIDE[: block.start()])[-1]
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as sink:
                sink.write(block[2])
    return folder, said


def _run(line: str, folder: Path) -> str:
    command = line.partition("#")[0].split()[2:]
    if command[0] == "check":
        return f"check: {check(folder / command[1]) or 'no fault found'}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{line}: {ended.stderr}"
    return f"{command[0]}: {ended.stdout}"


def test_that_the_guides_package_has_no_fault_at_any_step(followed):
    checks = [each for each in followed[1] if each.startswith("check")]
    assert len(checks) >= 4
    assert all("no fault found" in each for each in checks)


def test_that_the_guides_twin_is_what_it_says(followed):
    folder, said = followed
    twin = load(folder / "feed-pump")
    assert twin.tags["P1.flow"].address == {"mqtt": "feed-pump/P1/flow"}
    assert not twin.tags["P1.specific_energy"].address, "what is computed is measured nowhere"
    assert "P1/bearing" in twin.assets
    assert (folder / "feed-pump" / "picture.png").stat().st_size > 10_000
    assert any("12 samples of 4 tags" in each for each in said)
    assert any("bearing_temperature passes high_high 75" in each for each in said)
    assert any("Worn bearing: 80%" in each for each in said)


def test_that_the_guides_machine_can_be_run(followed):
    source = (followed[0] / "machine.py").read_text(encoding="utf-8")
    names = set(re.findall(r'^        "(\w+)":', source, re.MULTILINE))
    twin = load(followed[0] / "feed-pump")
    assert names == {tag.name for tag in twin.tags.values() if not tag.computed}
    compile(source, "machine.py", "exec")
