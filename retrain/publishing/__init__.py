"""A finished run becomes a model with its card."""
