"""The demo of a twin: a plant, a broker, a station and a window, each a process of its own, and a disturbance of the plant."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import platformdirs

from twins.asset import Tour, Twin
from twins.clock import format_time
from ui.live import MAIN, child, first_line
from ui.terminal import has_screen

SEED = 2
HEADLESS_S = 90  # without a screen: long enough for the alarm of the wind farm to be on the picture
KEPT = 5  # records of earlier demos
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def run(package: Path) -> int:
    """Opens the demo until its window is closed; without a screen for a while on a virtual one, with a picture of it."""
    if not (has_screen() or shutil.which("xvfb-run")):
        print("twindeck: there is no display and no xvfb-run to make a virtual one; install xvfb", file=sys.stderr)
        return 1
    print("Starting the plant…", file=sys.stderr, flush=True)
    with simulated(package) as plant:
        if not has_screen():
            plant.wait()
            return _on_a_virtual_screen(package, plant.record)
        from ui.application import run

        return run(package, plant.record, wait=plant.wait, begin_fault=plant.begin)


class SimulatedPlant:
    """A plant of models and the station that records it, while they are starting and then."""

    def __init__(self, record: Path, station: subprocess.Popen[str], plant: subprocess.Popen[str]) -> None:
        self.record, self._station, self._plant = record, station, plant

    def wait(self) -> None:
        """Until the station records. Raises InputError with its complaint where it can't."""
        first_line(self._station)

    def begin(self, fault: str) -> None:
        """A fault of the plant, like T01.gearbox_bearing_wear, begins now; a plant that has gone hears nothing."""
        if self._plant.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._plant.stdin.write(f"{fault}\n")
                self._plant.stdin.flush()


@contextlib.contextmanager
def simulated(package: Path) -> Iterator[SimulatedPlant]:
    """Both start at once on a broker of our own, and end with the block. Raises InputError."""
    from twins.links.broker import running_broker

    twin, record = _head(package), new_record(package.name)
    with contextlib.ExitStack() as running:
        wire = running.enter_context(contextlib.closing(running_broker(None, record.with_name(record.name + ".broker"))))
        if twin.tour.at:
            _set_clock(twin, wire.url)
        station = running.enter_context(child("record", str(package), "--broker", wire.url, "--to", str(record)))
        order = ("emulate", str(package), "--broker", wire.url, "--seed", str(SEED))
        plant = running.enter_context(child(*order, *_begins(twin.tour)))
        yield SimulatedPlant(record, station, plant)


def _head(package: Path) -> Twin:
    """A twin without its things: what a demo needs of it, in a tenth of the time. What is wrong with it the plant tells."""
    from twins.asset import AssetKind
    from twins.package.archive import files_of
    from twins.package.document import read_document
    from twins.package.touring import TOUR

    files = files_of(package)
    told = [read_document(name, files.read(name)).data if name in files.sizes else None for name in ("twin.yaml", TOUR)]
    whole, tour = (each if isinstance(each, dict) else {} for each in told)
    head = whole.get("twin") if isinstance(whole.get("twin"), dict) else {}
    at = str(tour.get("at", ""))
    asked = Tour("", str(tour.get("begins", "")), (), at if _TIME.fullmatch(at) else "")
    zone = str(head.get("timezone", "UTC"))
    return Twin(str(head.get("id", "")), "", AssetKind.SYSTEM, {}, {}, timezone=zone, tour=asked)


def _begins(tour: Tour) -> list[str]:
    return ["--fault", tour.begins] if tour.begins else []


def _set_clock(twin: Twin, url: str) -> None:
    """Where the tour asks for a time of day, the plant's clock begins there, the next time that it comes on a working day: the
    station's time never goes back."""
    from twins.clock import TwinClock, from_datetime, now
    from twins.links.mqtt import PlantSide

    try:
        here = datetime.now(ZoneInfo(twin.timezone))
    except (ValueError, KeyError, OSError):
        return  # the plant says that there is no such zone
    begins = datetime.combine(here, time.fromisoformat(twin.tour.at), here.tzinfo)
    while begins < here or begins.weekday() > 4:
        begins += timedelta(days=1)
    with contextlib.closing(PlantSide(twin, url)) as side:
        side.wait_connected(3.0)
        side.say_clock(TwinClock(from_datetime(begins), now(), 1.0))


def new_record(name: str) -> Path:
    """A fresh one; of earlier demos the last few are kept to be replayed."""
    from twins.clock import now

    folder = platformdirs.user_cache_path("twindeck", ensure_exists=True) / "demo"
    folder.mkdir(exist_ok=True)
    records = sorted(folder.glob(f"{name} *.twin-recording"))
    for old in records[: -KEPT + 1]:
        for file in folder.glob(f"{old.stem}.*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
    return folder / f"{name} {format_time(now())[:19].replace(':', '.')}.twin-recording"


def _on_a_virtual_screen(package: Path, record: Path) -> int:
    print(f"There is no display here, so the demo runs on a virtual screen for {HEADLESS_S} s.", flush=True)
    picture = Path("build/demo.png")
    picture.parent.mkdir(exist_ok=True)
    picture.unlink(missing_ok=True)
    command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24 +extension GLX", sys.executable, str(MAIN), "open", str(package)]
    command += ["--recording", str(record), "--for", str(HEADLESS_S), "--screenshot", str(picture), "--operator", _login()]
    environment = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    code = subprocess.run(command, env=environment, check=False).returncode
    if code or not picture.exists():
        print("twindeck: the demo did not run to its end on the virtual screen", file=sys.stderr)
        return code or 1
    print(_paragraph(package, record, picture))
    return 0


def _paragraph(package: Path, record: Path, picture: Path) -> str:
    from twins.historian.days import open_record
    from twins.record import EventKind

    with open_record(record) as recording:
        first, last = map(format_time, recording.span() or (0, 0))
        samples, tags = recording.counts()["samples"], len({channel.path for channel in recording.channels})
        alarms = {e.key for e in recording.events(0, 2**62, (EventKind.ALARM,))}
    return (
        f"The window followed the twin “{package.name}” live (SIMULATED PLANT) for {HEADLESS_S} s: {samples:,} samples of {tags} "
        f"tags from {first} to {last}; alarms: {', '.join(sorted(alarms)) or 'none'}. What it showed at the end is in {picture}; "
        f"the record is {record}. On a machine with a display ./dev run stays open."
    )


def _login() -> str:
    with contextlib.suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return "demo"
