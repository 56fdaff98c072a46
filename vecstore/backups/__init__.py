"""A store as one file: written while others write, checked to the last byte, restored elsewhere."""
