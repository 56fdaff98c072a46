"""What vecstore says about an encoder that is known, and whether it is what is known."""
