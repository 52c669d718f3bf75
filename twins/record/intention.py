"""An intention: what somebody at a window or a command line wants of the station, which judges it and answers with events."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class IntentionKind(StrEnum):
    """What may be wanted."""

    ACKNOWLEDGE = "acknowledge"  # subject: an alarm's key, or data: keys
    SHELVE = "shelve"  # data: duration_ns
    UNSHELVE = "unshelve"
    RESET = "reset"  # of a latched alarm
    NOTE = "note"  # data: text, about (the instant it is pinned to)
    COMMAND = "command"  # subject: a tag; data: value, expires_ns, lane
    LIMIT = "limit"  # subject: an alarm's key; data: value, None for the package's own
    OPERATOR = "operator"  # data: state on or off, window
    SHOWN = "shown"  # what a window showed
    JUDGE = "judge"  # subject: a prediction's key; data: verdict acknowledged, planned or dismissed


def new_id() -> str:
    """One that nobody else makes."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Intention:
    """`by` says who, `time` the instant that stood before them (ns UTC), `subject` what it is about, `why` in their words."""

    kind: IntentionKind
    by: str = ""
    time: int = 0
    subject: str = ""
    why: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
