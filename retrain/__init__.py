"""Labelled faces in, a published model out."""
