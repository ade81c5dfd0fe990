"""A video file → its frames, each with its own timestamp; decoded in a child process."""
