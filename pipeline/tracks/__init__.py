"""Stored faces of one frame → the same people in the next."""
