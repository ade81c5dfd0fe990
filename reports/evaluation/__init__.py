"""How good a model is on labelled faces, as one page in the report's style."""
