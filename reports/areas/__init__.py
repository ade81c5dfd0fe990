"""The page on which areas of a camera's picture are drawn."""
