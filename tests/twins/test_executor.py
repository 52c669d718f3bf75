"""Pieces on all cores: the same as here, in order; ended when asked, and when one of them is killed told in a sentence."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import active_children

import pytest

from twins import InputError
from twins.simulation.executor import HERE, Cores


def squared(job, watch):
    watch(0.5, "half")
    time.sleep(0.05 * (3 - job % 3))  # later ones are done sooner
    return job**2


def ended(job, watch):
    if job == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return job


def slow(job, watch):
    time.sleep(60)


def heard(done, what):
    pass


def test_that_cores_answer_in_order_what_one_process_does():
    assert list(Cores(2).map(squared, range(7), heard)) == list(HERE.map(squared, range(7), heard))
    assert not active_children()


def test_that_what_is_cancelled_ends_at_once_and_leaves_no_process():
    def cancelled(done, what):
        raise InputError("cancelled")

    begun = time.monotonic()
    with pytest.raises(InputError, match="cancelled"):
        list(Cores(2).map(slow, range(4), cancelled))
    while active_children() and time.monotonic() - begun < 20:
        time.sleep(0.05)
    assert not active_children()
    assert time.monotonic() - begun < 20


def test_that_a_process_that_is_killed_is_told_in_a_sentence():
    with pytest.raises(InputError, match="ended from outside"):
        list(Cores(2).map(ended, range(6), heard))
