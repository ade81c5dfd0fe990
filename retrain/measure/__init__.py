"""How good a model is: figures, calibration, damage and cost, and their drawings."""
