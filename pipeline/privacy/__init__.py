"""What is kept about people, for how long, and what goes: for whoever must answer for it."""
