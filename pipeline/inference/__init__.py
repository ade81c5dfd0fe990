"""A compiled network: arrays in, arrays out. Nothing else knows the runtime."""
