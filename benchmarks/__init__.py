"""How quick vecstore is beside the bare parts it is made of: ratios, measured in one run.

::

    python -m benchmarks VECTORS.npy

Both sides of a ratio are measured on the same machine in short alternating rounds, and the ratio
is the median over the rounds, so that what else the machine does falls on both.
"""
