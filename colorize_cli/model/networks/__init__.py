"""The networks of a colorizer."""
