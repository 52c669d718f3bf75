"""What a window says to the start page that it was opened from: a word a line on standard output."""

from __future__ import annotations

import os
from collections.abc import Callable

PAGE = "TWINDECK_START_PAGE"  # set by the page for the windows that it opens, and by whoever waits for the page itself
SHOWN, START, QUIT = "shown", "start", "quit"


def teller() -> Callable[[str], None] | None:
    """Says a word to the page; None for a window that came from none."""
    return (lambda word: print(word, flush=True)) if os.environ.get(PAGE) else None
