"""Pretext tasks, one file each: a task trains a backbone with a head, and keeps the backbone."""
