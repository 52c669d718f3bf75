"""A one-shot child process for work on files nobody vouches for: limited, without network, and answering in plain arrays."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from twins import InputError, clock
from twins.sandbox.confining import forbid, leave_network, limit

ROOT = Path(__file__).resolve().parents[2]
PLAIN = {"float32", "float64", "int32", "int64", "uint8", "bool"}
GIGABYTE = 1 << 30
LONGEST_HEAD = 16 << 20


class SandboxError(InputError):
    """The child was refused, died, ran out of time or memory, or answered nonsense: one sentence."""


def run(
    function: str,
    *arguments: Any,
    seconds: float = 10.0,
    memory: int = GIGABYTE,
    cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """What `function` ("package.module:name") answers to `arguments` (as JSON has them) in a child process.

    It must answer a mapping of JSON values and numpy arrays of plain numbers. `SandboxError` where it raises, dies, takes longer
    than `seconds` or more than `memory` bytes. Nothing it does ends or hangs the caller. `cancelled` is asked ten times a second.
    """
    return _asked(function, arguments, seconds, memory, cancelled)[0]


def unenforced() -> tuple[str, ...]:
    """What this system can't enforce on a child, each a sentence; empty where all holds."""
    return _asked("twins.sandbox.oneshot:_nothing", (), 20.0, GIGABYTE)[1]


def _asked(
    function: str, arguments: Sequence[Any], seconds: float, memory: int, cancelled: Callable[[], bool] | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The answer, and what could not be enforced."""
    with tempfile.TemporaryDirectory(prefix="twindeck-") as empty, tempfile.TemporaryFile() as answer:
        order = json.dumps({"function": function, "arguments": arguments, "seconds": seconds, "memory": memory})
        code = _wait(_spawn(order, empty, answer), order, seconds, cancelled)
        if code:
            raise SandboxError(f"reading it needed more than {memory >> 20} MB or crashed the reader ({death_of(code)})")
        return _answer(answer, memory)


def _spawn(order: str, empty: str, answer: IO[bytes]) -> subprocess.Popen[bytes]:
    """In the interpreter's isolated mode, an empty directory, and an environment of nothing but what it needs to start."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from twins.sandbox.oneshot import _child; _child()"
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", code],
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        cwd=empty,
        env=environment(empty),
        close_fds=True,
        start_new_session=True,
    )


def environment(folder: str) -> dict[str, str]:
    """What a child needs to start, and nothing that is secret."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "WINDIR") if name in os.environ}
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return kept | single | {"TMPDIR": folder, "TEMP": folder, "HOME": folder}


def _wait(child: subprocess.Popen[bytes], order: str, seconds: float, cancelled: Callable[[], bool] | None) -> int:
    late = clock.monotonic() / clock.SECOND + seconds
    with child:  # closes its pipe
        try:
            said: bytes | None = order.encode()
            while True:
                left = late - clock.monotonic() / clock.SECOND
                try:
                    child.communicate(said, timeout=max(0.0, min(left, 0.1) if cancelled else left))
                    break
                except subprocess.TimeoutExpired:
                    said = None
                    if cancelled and cancelled():
                        raise SandboxError("it was cancelled") from None
                    if clock.monotonic() / clock.SECOND >= late:
                        raise SandboxError(f"reading it took longer than {seconds:g} s") from None
        except OSError as gone:
            raise SandboxError("the reader ended before it began") from gone
        finally:
            end(child)
    return child.returncode


def end(child: subprocess.Popen[bytes]) -> None:
    """The child and all it started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def death_of(code: int) -> str:
    """How a child ended, in a word."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _answer(stream: IO[bytes], memory: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The JSON line, then the bytes of the arrays it announces; everything is checked, as a child may have been taken over."""
    if stream.seek(0, os.SEEK_END) > memory:
        raise SandboxError("the reader answered too much")
    stream.seek(0)
    try:
        head = json.loads(stream.readline(LONGEST_HEAD))
        values = dict(head["values"])
        missing = tuple(str(sentence) for sentence in head["missing"])
        arrays = {str(name): _array(stream, dtype, shape) for name, dtype, shape in head["arrays"]}
    except (ValueError, KeyError, TypeError, RecursionError) as nonsense:
        raise SandboxError("the reader answered nonsense") from nonsense
    if "error" in head:
        raise SandboxError(str(head["error"])[:300])
    return values | arrays, missing


def _array(stream: IO[bytes], dtype: str, shape: Sequence[int]) -> np.ndarray[Any, Any]:
    if dtype not in PLAIN or len(shape) > 4 or any(type(side) is not int or side < 0 for side in shape):
        raise ValueError("not a plain array")
    count = 1
    for side in shape:
        count *= side
    size = count * np.dtype(dtype).itemsize
    if size > GIGABYTE:
        raise ValueError("larger than any answer")
    return np.frombuffer(stream.read(size), dtype, count).reshape(shape)


# From here on: what happens in the child.


def _child() -> None:
    """Take the order from stdin, give up every right, do it, and write the answer where stdout was."""
    order = json.loads(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing a library prints may mix with the answer
    missing = [*limit(order["memory"], order["seconds"]), *leave_network(), *forbid()]
    _write(answer, missing, *_done(order))


def _done(order: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What the function answered, or why it did not."""
    try:
        module, _, name = order["function"].partition(":")
        return dict(getattr(importlib.import_module(module), name)(*order["arguments"])), ""
    except MemoryError:
        return {}, "reading it needed too much memory"
    except RecursionError:
        return {}, "it is nested too deeply"
    except Exception as wrong:  # noqa: BLE001 - whatever a hostile file provokes becomes one sentence
        return {}, str(wrong).strip().partition("\n")[0][:300] or type(wrong).__name__


def _write(answer: IO[bytes], missing: list[str], values: Mapping[str, Any], error: str) -> None:
    arrays = {name: np.ascontiguousarray(value) for name, value in values.items() if isinstance(value, np.ndarray)}
    head: dict[str, Any] = {
        "missing": missing,
        "values": {name: value for name, value in values.items() if name not in arrays},
        "arrays": [[name, array.dtype.name, array.shape] for name, array in arrays.items()],
    }
    answer.write(json.dumps(head | ({"error": error} if error else {})).encode() + b"\n")
    for array in arrays.values():
        answer.write(array.tobytes())
    answer.flush()


def _nothing() -> dict[str, Any]:
    """What a child is asked for when only its limits are of interest."""
    return {}
