"""Brokers of our own: on loopback, on the same port again, gone when closed, and with their parent."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.rig import wait_until
from twins.links import broker as brokers
from twins.links.broker import running_broker
from twins.links.link import LinkError


def answers(url, host="127.0.0.1"):
    try:
        with socket.create_connection((host, int(url.rpartition(":")[2])), 0.3):
            return True
    except OSError:
        return False


@pytest.fixture(params=["mosquitto", "embedded"])
def kind(request, monkeypatch):
    if request.param == "embedded":
        monkeypatch.setattr(brokers.shutil, "which", lambda *_, **__: None)
    return request.param


def test_that_it_listens_on_loopback_only_keeps_its_port_and_goes_when_closed(kind, tmp_path):
    first = running_broker(None, tmp_path / "state")
    assert first.kind == kind
    assert answers(first.url)
    inet = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False).stdout.split()
    assert not any(answers(first.url, address) for address in inet if not address.startswith("127."))
    first.close()
    wait_until(lambda: not answers(first.url))
    second = running_broker(None, tmp_path / "state")
    assert second.url == first.url
    second.close()


def test_that_a_named_broker_is_left_alone(tmp_path):
    named = running_broker("mqtt://127.0.0.1:1", tmp_path)
    named.close()
    assert named.url == "mqtt://127.0.0.1:1"


def test_that_one_that_can_not_start_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(brokers.shutil, "which", lambda *_, **__: "/bin/false")
    with pytest.raises(LinkError, match=r"could not be started on port .*--broker"):
        running_broker(None, tmp_path / "state")


START = """
import sys, time
from pathlib import Path
from twins.links.broker import running_broker
print(running_broker(None, Path(sys.argv[1])).url, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends a child with its parent")
def test_that_it_goes_with_a_parent_that_is_killed(tmp_path):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120
    parent = subprocess.Popen([sys.executable, "-c", START, str(tmp_path / "b")], stdout=subprocess.PIPE, text=True, cwd=root)
    url = parent.stdout.readline().strip()
    assert answers(url)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not answers(url), 5)
