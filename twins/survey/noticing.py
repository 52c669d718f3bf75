"""Which notice the names of a twin's parts call for: resources/notices.yaml says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import yaml

NOTICES = Path(__file__).resolve().parents[2] / "resources" / "notices.yaml"
_PARTS = 2  # so many must be called so; one may be by chance


def notice_for(names: Iterable[str], place: Path = NOTICES) -> tuple[str, str]:
    """(the notice, one of the names that call for it); empty where none does."""
    words = [(name, frozenset(re.split(r"[^a-z]+", name.lower()))) for name in names]
    for each in yaml.safe_load(place.read_text("utf-8"))["notices"]:
        so = [name for name, own in words if own & frozenset(each["words"])]
        if len(so) >= _PARTS:
            return str(each["notice"]), so[0]
    return "", ""
