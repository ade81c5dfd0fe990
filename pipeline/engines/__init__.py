"""Who does the work: an engine is a function of the work and its jobs."""
