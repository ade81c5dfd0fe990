"""The commands `retrain`, `evaluate` and `models`."""
