"""The report as Excel, CSV, JSON and rows of faces."""
