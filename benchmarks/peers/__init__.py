"""How quick vecstore is beside the stores that people would otherwise take, in one run.

::

    python -m benchmarks.peers VECTORS.npy --peers PYTHON

Every store runs in a process of its own, the peers under an interpreter that has them installed.
All have M=16, ef_construction=200, cosine and k=10; ef of each is the smallest that reaches the
recall asked for. They are measured in turn, round by round, so that what else the machine does
falls on all.
"""
