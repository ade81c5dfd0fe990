"""Campaigns: hostile files, kills and power cuts by the hundred, drawn from a seed; run by hand, see `__main__`."""
