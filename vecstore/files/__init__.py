"""Files that people hand over: line by line and row by row, each with its place in the file."""
