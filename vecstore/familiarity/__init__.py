"""Telling inputs that are like what a collection holds from those that are not."""
