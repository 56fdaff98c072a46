"""Trainings: data in, an artifact and a registered release out."""
