"""What deviates from clean rows, which tags are guilty of it, and since when."""

from twins.prognosis.anomaly.detector import Detector, Verdict
from twins.prognosis.anomaly.learning import Learnt, learn

__all__ = ["Detector", "Learnt", "Verdict", "learn"]
