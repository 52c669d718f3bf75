"""A watch: something that follows what is shown without being seen itself."""

from __future__ import annotations

from collections.abc import Callable

from twins.historian.query import Answers, Query
from twins.record import Snapshot


class Watch:
    """Fulfils `Panel`: calls back with every snapshot that is shown."""

    def __init__(self, hear: Callable[[Snapshot], object]) -> None:
        self._hear = hear

    def wanted(self) -> Query:
        """Nothing besides the snapshot."""
        return Query()

    def present(self, snapshot: Snapshot, answers: Answers) -> None:
        """Passes it on."""
        self._hear(snapshot)
