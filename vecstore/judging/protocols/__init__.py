"""One file for each way in which an encoder is judged."""
