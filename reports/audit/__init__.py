"""Stored faces shown to people, and what they say beside what was recognised."""
