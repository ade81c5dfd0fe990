"""The report's numbers as charts, static and interactive."""
