"""A copy of a video that shows what was seen, heads blurred."""
