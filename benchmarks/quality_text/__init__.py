"""What the pretext tasks reach on real text and tables, beside simple baselines."""
