import numpy as np

from benchmarks.quality.votes import told

ANGLES = np.array([0.0, 0.1, 0.2, 3.0, 3.1, 3.2])
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)
LABELS = np.array([0, 0, 1, 1, 1, 2])


def test_most_votes_win_and_the_nearest_decides_a_tie():
    assert told(CIRCLE, LABELS, CIRCLE[[1, 4]], 3).tolist() == [0, 1]
    assert told(CIRCLE[[0, 2]], LABELS[[0, 2]], CIRCLE[[2]], 2).tolist() == [1]
