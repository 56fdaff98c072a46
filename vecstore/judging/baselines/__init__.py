"""What encoders are held against: what needs no training, computed once for some data."""

from vecstore.judging.baselines.choice import Baseline, baselines_of

__all__ = ["Baseline", "baselines_of"]
