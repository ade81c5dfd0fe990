"""A model on disk: its card, its weights, and the folder that holds them."""
