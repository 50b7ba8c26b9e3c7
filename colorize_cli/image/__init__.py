"""Image room: reading scans, colour arithmetic and writing pictures; it knows nothing of models."""
