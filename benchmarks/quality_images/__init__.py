"""What the pretext tasks reach on real images, beside simple baselines."""
