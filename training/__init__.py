"""Training, measuring and exporting of the networks that colorize runs."""
