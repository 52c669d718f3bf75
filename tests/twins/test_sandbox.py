"""A child process may do its worst: its caller gets plain arrays or one sentence, in time."""

import json
import os
import socket
import sys
import time

import numpy as np
import pytest

from twins.sandbox import SandboxError, run, unenforced

NUMPY = "__import__('numpy')"
OS = "__import__('os')"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces this on native code")


def child(expression, **limits):
    """What a child answers that evaluates an expression."""
    return run("builtins:eval", expression, **limits)


def test_that_values_and_arrays_come_back_as_they_were():
    answer = child(
        f"{{'sum': 3, 'names': ['a'], 'grid': {NUMPY}.arange(6, dtype='int32').reshape(2, 3), 'flag': {NUMPY}.array([True])}}"
    )
    assert answer["sum"] == 3
    assert answer["names"] == ["a"]
    assert answer["grid"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert answer["grid"].dtype == np.int32
    assert answer["flag"].tolist() == [True]


def test_that_a_child_has_no_secrets_and_an_empty_folder(monkeypatch):
    monkeypatch.setenv("TWINDECK_SECRET", "hunter2")
    answer = child(f"{{'environment': dict({OS}.environ), 'folder': {OS}.getcwd(), 'files': {OS}.listdir()}}")
    assert "hunter2" not in json.dumps(answer)
    assert "PATH" not in answer["environment"]
    assert answer["files"] == []
    assert not os.path.exists(answer["folder"])  # noqa: PTH110 - it is gone once the child is


def test_that_what_goes_wrong_is_one_sentence():
    with pytest.raises(SandboxError, match=r"^the file ends too early$"):
        child("(_ for _ in ()).throw(ValueError('the file ends too early\\nTraceback: …'))")


def test_that_a_child_that_never_ends_is_ended():
    began = time.monotonic()
    with pytest.raises(SandboxError, match="longer than 1 s"):
        run("time:sleep", 60, seconds=1)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("death", [f"{OS}.abort()", f"{OS}._exit(3)", f"{OS}._exit(0)"])
def test_that_a_child_that_dies_is_a_sentence(death):
    with pytest.raises(SandboxError, match=r"crashed the reader|answered nonsense"):
        child(death)


@linux
def test_that_memory_is_limited():
    with pytest.raises(SandboxError, match="memory"):
        child(f"{{'much': {NUMPY}.ones(1 << 28)}}")


def test_that_nesting_without_end_is_a_sentence():
    with pytest.raises(SandboxError, match="nested too deeply"):
        child("(lambda f: f(f))(lambda f: f(f))")


def test_that_what_a_library_prints_is_not_the_answer():
    assert child(f"[print('noise' * 999), {OS}.write(1, b'noise')] and {{'fine': 1}}") == {"fine": 1}


@pytest.mark.parametrize(
    "answer", [f"{{'grid': {NUMPY}.array([object()])}}", f"{{'text': {NUMPY}.array(['a'])}}", "{'set': {1}}", "None", "[1]"]
)
def test_that_only_plain_things_come_back(answer):
    with pytest.raises(SandboxError):
        child(answer)


FORGED = [
    b"",
    b"garbage",
    b"[]\n",
    b'{"missing": [], "values": {}, "arrays": [["a", "object", [1]]]}\n12345678',
    b'{"missing": [], "values": {}, "arrays": [["a", "float64", [4]]]}\n12345678',
    b'{"missing": [], "values": {}, "arrays": [["a", "float64", [-1]]]}\n12345678',
    b'{"missing": [], "values": {}, "arrays": [["a", "uint8", [9999999999999]]]}\n12345678',
    b'{"missing": [], "values": {}, "arrays": [["a", "uint8", [true]]]}\n1',
    b"[" * 100_000,
]


@pytest.mark.parametrize("forged", FORGED, ids=range(len(FORGED)))
def test_that_a_forged_answer_is_refused(forged):
    """A child that was taken over can write whatever it likes where its answer belongs: the first file it has open."""
    with pytest.raises(SandboxError, match="answered nonsense"):
        child(f"[{OS}.write(3, {forged!r}), {OS}._exit(0)]")


def test_that_a_child_reaches_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(SandboxError):
        child(f"__import__('socket').create_connection(('127.0.0.1', {server.getsockname()[1]}), 2)")


def test_that_a_child_starts_no_program():
    with pytest.raises(SandboxError, match="not allowed"):
        child("__import__('subprocess').run(['true'])")
    with pytest.raises(SandboxError, match="not allowed"):
        child(f"{OS}.system('true')")


@linux
def test_that_native_code_reaches_no_network_either():
    if any("network" in sentence for sentence in unenforced()):
        pytest.skip("this machine gives nobody a network of their own")
    assert child("{'interfaces': open('/proc/self/net/dev').read().count(':') - 1}")["interfaces"] <= 1  # none but loopback


def test_that_what_cannot_be_enforced_is_told_in_sentences():
    assert all(sentence.endswith(".") for sentence in unenforced())
