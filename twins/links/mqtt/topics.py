"""Topics: where a twin's messages go besides the tags' own addresses."""

from __future__ import annotations

from dataclasses import dataclass

SET = "/set"  # behind a tag's address: a command for it


@dataclass(frozen=True, slots=True)
class Topics:
    """Of one twin, by its id."""

    twin: str

    @property
    def batch(self) -> str:
        """Many samples in one message."""
        return f"twindeck/{self.twin}/batch"

    @property
    def clock(self) -> str:
        """How the plant's time runs; retained."""
        return f"twindeck/{self.twin}/clock"

    @property
    def plant(self) -> str:
        """The plant's heartbeat."""
        return f"twindeck/{self.twin}/plant"

    @property
    def station(self) -> str:
        """The station's presence; retained."""
        return f"twindeck/{self.twin}/station"

    def answers(self, client: str) -> str:
        """Where the plant answers the commands of one station."""
        return f"twindeck/{self.twin}/answers/{client}"


def client_id(twin: str) -> str:
    """The station's name at the broker: one a twin, so that its session outlives it and nobody else can have it."""
    return f"twindeck-station-{twin}"
