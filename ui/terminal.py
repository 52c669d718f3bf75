"""The terminal: answers, progress, Ctrl+C and the log of what should not happen; no Qt."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from twins import InputError

_OBEYED = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)), "�")  # control characters, such as that of ESC [


def has_screen() -> bool:
    """Whether a window can be opened; Qt would end the process where it can't."""
    here = sys.platform in ("win32", "darwin")
    return here or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def instant(text: str) -> int:
    """A time as it was typed, ns UTC. Raises InputError."""
    from twins.clock import DAY, parse_time

    try:
        time = parse_time(text)
    except (ValueError, OverflowError) as error:
        raise InputError(str(error)) from None
    if abs(time) >= 2**63 - DAY:
        raise InputError(f"“{text}” is beyond what a recording can hold; write a time between the years 1678 and 2261")
    return time


def plain(text: str) -> str:
    """Foreign words without signs that a terminal obeys, but for line ends."""
    return text.translate(_OBEYED)


def print_json(told: object) -> None:
    """One line of JSON."""
    json.dump(told, sys.stdout, ensure_ascii=False, allow_nan=False)
    print()


def print_table(told: dict[str, object]) -> None:
    """A line a fact; long lists are cut short."""
    width = max(map(len, told), default=0)
    for key, value in told.items():
        print(f"{key.replace('_', ' '):{width}}  {_in_words(value)}")


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_in_words(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        shown = ", ".join(map(_in_words, value[:12]))
        return f"{len(value)}: {shown}{' …' if len(value) > 12 else ''}" if value else "none"
    return str(value)


def print_rows(columns: Sequence[str], units: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table in columns that line up, numbers in six digits."""
    heads = [f"{name} [{unit}]" if unit else name for name, unit in zip(columns, units, strict=True)]
    heads = [plain(head) for head in heads]
    body = [[f"{cell:.6g}" if isinstance(cell, float) else plain(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *body, strict=True)]
    for line in (heads, *body):
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def print_report(source: Path, told: dict) -> None:
    """What came of an import, `told` as `telling.report` has it."""
    span = f" from {told['first']} to {told['last']}" if told["first"] else ""
    print(f"{source.name}: {told['samples']:,} samples of {len(told['tags'])} tags{span}")
    more = {"computed": "computed samples", "alarms": "alarm events", "bad_outside": "outside their bounds, kept as bad"}
    for name, what in more.items():
        if told[name]:
            print(f"  {told[name]:,} {what}")
    for sentence in told["not_computed"]:
        print(f"  {sentence}")
    for cause, n in told["rejected"].items():
        rows = told["rows"].get(cause, [])
        shown = ", ".join(map(str, rows[:8])) + (" …" if n > 8 else "")
        words = ", ".join(f"“{each['word']}” in {each['column']}" for each in told["quotes"].get(cause, ()))
        print(f"  {cause}: {n:,}" + (f" (row{'s' if n > 1 else ''} {shown}{': ' if words else ''}{words})" if rows else ""))


@contextlib.contextmanager
def progress(what: str, quiet: bool, lines: bool = False) -> Iterator[Callable[[float, str], None]]:
    """A bar on the terminal; nothing where nobody looks. With `lines` a line of JSON at each change, for a window."""
    if lines:
        yield _Lines(what).tell
        return
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _what: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda done, now: bar.update(task, completed=done, description=now or what)


class _Lines:
    def __init__(self, what: str) -> None:
        self._what, self._told = what, -1

    def tell(self, done: float, now: str) -> None:
        if round(done * 100) != self._told:
            self._told = round(done * 100)
            print(json.dumps({"done": round(done, 3), "what": now or self._what}), file=sys.stderr, flush=True)


@contextlib.contextmanager
def interruptible(until_eof: bool = False) -> Iterator[Callable[[], bool]]:
    """Ctrl+C, a polite kill, or where asked the end of standard input, ask the work to stop at its next step instead of tearing
    it; the second time it is torn.

    What works for a window gives way to the window and to the station that records.
    """
    import signal

    import pyarrow

    pyarrow.enable_signal_handlers(False)  # it would tear its own part of the work
    asked: list[bool] = []
    if until_eof:
        threading.Thread(target=lambda: (_read_away(), asked.append(True)), daemon=True).start()
        if hasattr(os, "nice"):
            os.nice(5)

    def ask(*_: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _read_away() -> None:
    """To the end of standard input; past Python's buffer, whose lock a thread must not hold when the process ends."""
    while os.read(0, 4096):
        pass


@contextlib.contextmanager
def until_stopped(until_eof: bool, hear: Callable[[str], None] | None = None) -> Iterator[threading.Event]:
    """An event that Ctrl+C, a polite kill and (where asked) the end of standard input set; `hear` gets each line of that."""
    import signal

    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}

    def wait_for_eof() -> None:
        left = b""
        while more := os.read(0, 4096):  # past Python's buffer, whose lock a thread must not hold when the process ends
            *lines, left = (left + more).split(b"\n")
            left = left[-4096:]
            for line in lines if hear is not None else ():
                hear(line.decode(errors="replace").strip())
        stop.set()

    if until_eof:
        threading.Thread(target=wait_for_eof, daemon=True).start()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leaves(close: Callable[[], object]) -> None:
    """Ctrl+C and a polite kill close a window, so that everything is kept first. Python hears them while its event loop ticks."""
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: close())


def logged(error: Exception) -> Path:
    """Where the whole story of an unexpected error was written."""
    import traceback

    import platformdirs

    log = platformdirs.user_log_path("twindeck", ensure_exists=True) / "errors.log"
    with log.open("a", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return log
