"""Which files are looked at, and which camera, place and time each belongs to."""
