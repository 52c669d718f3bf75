"""The demo: the wind farm with a real year where sample data lies beside the project, else with a synthetic day."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs

from twins.clock import HOUR, format_time, parse_time
from twins.historian.schema import TABLES
from ui.terminal import has_screen, progress

SOURCE = "wind_lahauteborne/scada_2014_R80711_R80721.csv.gz"
MAPPING = "mappings/la-haute-borne.yaml"
SECONDS = 20
MAIN = Path(__file__).parents[1] / "main.py"
A_GOOD_MOMENT = parse_time("2014-02-12T14:00:00Z")  # both turbines in a fresh wind


def run(package: Path, samples: Path) -> int:
    """Opens the demo; without a screen for 20 s on a virtual one, with a picture and a paragraph of what ran."""
    print("Preparing the demo…", file=sys.stderr, flush=True)
    with progress("preparing the demo", quiet=False) as say:
        recording, start = demo_recording(package, samples, say)
    if has_screen():
        from ui.application import run

        return run(package, recording, start)
    return _on_a_virtual_screen(package, recording, start)


def demo_recording(package: Path, samples: Path, say: Callable[[float, str], None]) -> tuple[Path, int]:
    """The demo's recording, made once and kept in the user's cache, and the instant (ns UTC) at which it is shown first."""
    from twins.package.archive import zipped

    zip_, source = zipped(package), samples / SOURCE
    stat = source.stat() if source.exists() else None
    key = hashlib.sha256(zip_ + TABLES.encode() + repr(stat and (stat.st_size, stat.st_mtime_ns)).encode()).hexdigest()[:12]
    folder = platformdirs.user_cache_path("twindeck", ensure_exists=True)
    path = folder / f"{package.name} {'2014' if stat else 'demo day'} {key}.twin-recording"
    start = A_GOOD_MOMENT if stat else _DAY + 14 * HOUR
    if not path.exists():
        (_import if stat else _synthesise)(package, zip_, source, path, say)
    return path, start


_DAY = parse_time("2026-01-15T00:00:00Z")


def _import(package: Path, zip_: bytes, source: Path, path: Path, say: Callable[[float, str], None]) -> None:
    from twins.historian.importing import import_history
    from twins.historian.mapping import read_mapping
    from twins.package.loader import load

    import_history(load(package), zip_, source, read_mapping(package / MAPPING), path, say, lambda: False)


def _synthesise(package: Path, zip_: bytes, _source: Path, path: Path, say: Callable[[float, str], None]) -> None:
    from twins.emulator import synthetic_day
    from twins.historian.deriving import derive
    from twins.historian.drafting import drafted
    from twins.historian.file import RecordingFile
    from twins.package.loader import load

    twin = load(package)
    with drafted(path) as partial, RecordingFile.create(partial, zip_, twin.id, _DAY, simulated=True) as recording:
        for hour, batch in enumerate(synthetic_day(twin, _DAY)):
            recording.append(batch)
            recording.append(derive(twin, recording, batch, lambda _part: None).samples)
            say(min(1.0, hour / 24), "making a synthetic day")


def _on_a_virtual_screen(package: Path, recording: Path, start: int) -> int:
    if not shutil.which("xvfb-run"):
        print("twindeck: there is no display and no xvfb-run to make a virtual one; install xvfb", file=sys.stderr)
        return 1
    print(f"There is no display here, so the demo runs on a virtual screen for {SECONDS} s.", flush=True)
    picture = Path("build/demo.png")
    picture.parent.mkdir(exist_ok=True)
    picture.unlink(missing_ok=True)
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24 +extension GLX", sys.executable, str(MAIN), "open", str(package)]
    command += ["--recording", str(recording), "--at", format_time(start), "--play", "128"]
    command += ["--for", str(SECONDS), "--screenshot", str(picture)]
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code or not picture.exists():
        print("twindeck: the demo did not run to its end on the virtual screen", file=sys.stderr)
        return code or 1
    print(_paragraph(package, recording, start, picture))
    return 0


def _paragraph(package: Path, path: Path, start: int, picture: Path) -> str:
    from twins.historian.file import RecordingFile

    with RecordingFile.open(path) as recording:
        first, last = map(format_time, recording.span() or (start, start))
        samples, tags = recording.counts()["samples"], len({channel.path for channel in recording.channels})
        kind = "a synthetic day (SIMULATED PLANT)" if recording.simulated else "real measurements"
    return (
        f"The window opened the twin “{package.name}” on {kind} from {first} to {last}: {samples:,} samples "
        f"of {tags} tags, replayed from {format_time(start)} at 128 times their speed for {SECONDS} s. "
        f"What it showed at the end is in {picture}; the recording is {path}. On a machine with a display ./dev run stays open."
    )
