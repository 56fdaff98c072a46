"""What a finished training leaves behind: an immutable folder that says what it is."""
