"""Labelled faces in, trained weights out: one run in one folder."""
