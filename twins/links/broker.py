"""The broker: the one that is named, else mosquitto on this machine, else one that is embedded; ours listen on loopback only."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from twins import clock
from twins.clock import SECOND
from twins.links.link import LinkError
from twins.links.mqtt.client import address_of

_ANSWERS_S = 8.0
_LARGEST_MESSAGE = 16 << 20

# A child that goes when its parent goes: the kernel sees to it on Linux; elsewhere a killed parent leaves it running.
_WITH_PARENT = """
import os, signal, sys
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
except (OSError, AttributeError):
    pass
os.execv(sys.argv[1], sys.argv[1:])
"""


class Broker:
    """`url` is where it is. A broker of ours is a child process; one that was named is left alone."""

    def __init__(self, url: str, kind: str = "named", end: Callable[[], object] = lambda: None) -> None:
        self.url, self.kind, self._end = url, kind, end

    def close(self) -> None:
        """Ends it if it is ours."""
        self._end()


def running_broker(url: str | None, folder: Path, port: int = 0) -> Broker:
    """The named broker, or one of our own that keeps its state in `folder`. Raises LinkError in one sentence.

    `port` 0: the one it had last time in this folder if that is free, else any free one.
    """
    if url:
        address_of(url)
        return Broker(url)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = port or _last_port(folder) or _free_port()
    (folder / "port").write_text(str(port))
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if mosquitto:
        config = folder / "mosquitto.conf"
        config.write_text(mosquitto_profile(folder, port))
        return _started([mosquitto, "-c", str(config)], port, "mosquitto")
    config = folder / "embedded.toml"
    config.write_text(embedded_profile(port))
    return _embedded(config, port)


def mosquitto_profile(folder: Path, port: int) -> str:
    """A configuration that loses nothing: mosquitto's own drops after 1,000 messages and forgets what it had at a kill."""
    return "\n".join(
        (
            f"listener {port} 127.0.0.1",
            "allow_anonymous true",  # nobody but this machine can reach it
            "persistence true",
            f"persistence_location {folder.absolute()}/",
            "autosave_on_changes true",
            "autosave_interval 200",
            "max_queued_messages 0",
            "max_inflight_messages 1000",
            f"max_packet_size {_LARGEST_MESSAGE}",
            "persistent_client_expiration 7d",
            "set_tcp_nodelay true",
            "retain_available true",
            "log_type error",
            "log_type warning",
            f"log_dest file {folder.absolute()}/mosquitto.log",
            *(("user root",) if _is_root() else ()),
            "",
        )
    )


def embedded_profile(port: int) -> str:
    """The same for the embedded broker: MQTT 5, on loopback; its sessions don't outlive a disconnect."""
    limits = "connection_timeout_ms = 60000\nmax_payload_size = 16777216\nmax_inflight_count = 1000\ndynamic_filters = true"
    return f"""id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 10000
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "v5-1"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
{limits}
"""


def _started(command: Sequence[str], port: int, kind: str) -> Broker:
    with tempfile.TemporaryFile() as complaints:
        whole = [sys.executable, "-c", _WITH_PARENT, *command] if sys.platform.startswith("linux") else command
        child = subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=complaints)
        until = clock.monotonic() + round(_ANSWERS_S * SECOND)
        while clock.monotonic() < until and child.poll() is None:
            if _answers(port):
                return Broker(f"mqtt://127.0.0.1:{port}", kind, lambda: _stop(child))
            clock.sleep(0.02)
        _stop(child)
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace").strip().splitlines()
    raise _not_started(kind, port, said[-1] if said else "")


def _embedded(config: Path, port: int) -> Broker:
    import iotcore  # it runs its broker in a child process that goes when this one goes

    broker = iotcore.Broker(config_path=str(config))
    try:
        broker.start(_ANSWERS_S)
    except (OSError, RuntimeError, ValueError) as problem:
        raise _not_started("embedded", port, str(problem)) from None
    return Broker(f"mqtt://127.0.0.1:{port}", "embedded", broker.stop)


def _not_started(kind: str, port: int, why: str) -> LinkError:
    told = f": {why[:200]}" if why else ""
    return LinkError(f"the {kind} broker could not be started on port {port}{told}; start one yourself and name it with --broker")


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5)
    if child.poll() is None:
        child.kill()
        child.wait()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


def _last_port(folder: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        port = int((folder / "port").read_text())
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        return port
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
