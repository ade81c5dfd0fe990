"""The database: its tables, one writer, and what is read back."""
