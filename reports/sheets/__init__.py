"""The report's numbers as tables."""
