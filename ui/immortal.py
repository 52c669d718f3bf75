"""On Python 3.11, None, True and False are made as immortal as Python 3.12 makes them.

PySide6 6.12 gives back a reference to them with every call that answers nothing, without ever having taken one. Before
Python 3.12 these are counted: a window that plays for half a minute would lose the last one and be aborted.
"""

from __future__ import annotations

import ctypes
import sys

_OUT_OF_REACH = 1 << 60  # references; 100,000 lost a second would take a third of a million years


def make_immortal() -> None:
    """Does nothing where they are immortal already, and nothing when called again."""
    if sys.implementation.name != "cpython" or sys.version_info >= (3, 12):
        return
    for thing in (None, True, False):
        if sys.getrefcount(thing) < _OUT_OF_REACH // 2:
            ctypes.c_ssize_t.from_address(id(thing)).value += _OUT_OF_REACH
