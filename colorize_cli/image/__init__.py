"""Reading scans, colour arithmetic and writing pictures; this room knows nothing of models."""
