"""A run: from a plan to finished pictures, and the events that tell of it."""
