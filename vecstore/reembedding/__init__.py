"""Re-embeddings at work: planned, filled, judged, switched, rolled back, finished."""
