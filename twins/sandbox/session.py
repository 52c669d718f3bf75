"""A session: a confined child that keeps a state between questions; its caller gets an answer or one sentence."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from twins.sandbox.confining import call_nothing, forbid, leave_network, limit, write_only_in
from twins.sandbox.oneshot import GIGABYTE, ROOT, SandboxError, death_of, end, environment

LONGEST_LINE = 64 << 20
_LARGEST_FILE = 64 << 20


class Session:
    """`kept` ("package.module:Class") is made in the child from `arguments`; its methods answer plain JSON mappings.

    The child has a folder of its own with `files` in it, and writes nowhere else; it has no network and starts no program.
    """

    def __init__(
        self, kept: str, *arguments: Any, files: Mapping[str, bytes], seconds: float = 10.0, memory: int = GIGABYTE
    ) -> None:
        """Raises SandboxError where it can't be made within so many seconds."""
        self._folder = tempfile.TemporaryDirectory(prefix="twindeck-", ignore_cleanup_errors=True)
        for name, content in files.items():
            (Path(self._folder.name) / name).write_bytes(content)
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from twins.sandbox.session import _serve; _serve()"
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=self._folder.name, env=environment(self._folder.name), close_fds=True, start_new_session=True,
        )  # fmt: skip
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="sandbox-listener", daemon=True).start()
        self._ended = ""
        order = {"kept": kept, "arguments": arguments, "memory": memory, "folder": self._folder.name}
        self.unenforced = tuple(str(sentence) for sentence in self._asked(order, seconds).get("missing", ()))

    def ask(self, method: str, *arguments: Any, seconds: float = 10.0) -> dict[str, Any]:
        """What the method answers. Raises SandboxError where it fails, dies or takes longer; after that, always."""
        return self._asked({"method": method, "arguments": arguments}, seconds)

    def close(self) -> None:
        """Ends the child and all it started."""
        self._ended = self._ended or "it was closed"
        end(self._child)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _asked(self, order: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        if self._ended:
            raise SandboxError(self._ended)
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(order).encode() + b"\n")
            self._child.stdin.flush()
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise self._fallen(f"it did not answer within {seconds:g} s") from None
        except OSError:
            line = b""
        if not line:
            raise self._fallen(f"it crashed ({death_of(self._child.wait())})")
        try:
            told = dict(json.loads(line))
        except (ValueError, TypeError, RecursionError):
            raise self._fallen("it answered nonsense") from None
        if "error" in told:
            raise SandboxError(str(told["error"])[:300])
        return told

    def _fallen(self, why: str) -> SandboxError:
        self.close()
        self._ended = why
        return SandboxError(why)

    def _listen(self) -> None:
        assert self._child.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while line := self._child.stdout.readline(LONGEST_LINE):
                self._lines.put(line)
        self._lines.put(b"")


# From here on: what happens in the child.


def _serve() -> None:
    answer, asked = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)  # nothing a library prints may mix with the answers
    order = json.loads(asked.readline())
    try:
        module, _, name = order["kept"].partition(":")
        make = getattr(importlib.import_module(module), name)
        missing = [*limit(order["memory"], None, _LARGEST_FILE), *leave_network(), *forbid()]
        missing += [*write_only_in(Path(order["folder"])), *call_nothing()]
        kept = make(*order["arguments"])
        _tell(answer, {"missing": missing})
    except BaseException as wrong:  # noqa: BLE001 - whatever a hostile file provokes becomes one sentence
        _tell(answer, {"error": _sentence(wrong)})
        return
    while line := asked.readline():
        order = json.loads(line)
        try:
            _tell(answer, getattr(kept, order["method"])(*order["arguments"]))
        except BaseException as wrong:  # noqa: BLE001
            _tell(answer, {"error": _sentence(wrong)})


def _tell(answer: Any, told: Mapping[str, Any]) -> None:
    answer.write(json.dumps(told).encode() + b"\n")
    answer.flush()


def _sentence(wrong: BaseException) -> str:
    return str(wrong).strip().partition("\n")[0][:300] or type(wrong).__name__
