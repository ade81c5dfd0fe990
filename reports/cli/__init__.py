"""The commands `report` and `audit`."""
