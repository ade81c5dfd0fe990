"""Labelled faces: read, checked and put together."""
