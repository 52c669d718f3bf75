"""The historian: a recording holds everything that happened, in order, and answers what was known when."""

from twins.historian.recording import Recording, Tail, Trend, Verdict

__all__ = ["Recording", "Tail", "Trend", "Verdict"]
