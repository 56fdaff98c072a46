"""A drill: a store that is served moves to another encoder, and its server is killed meanwhile.

A client searches and another one writes all the time, as ``python -m benchmarks.reembedding_drill
--help`` says; what was lost, refused or wrongly answered is counted, and there must be none of it.
"""
