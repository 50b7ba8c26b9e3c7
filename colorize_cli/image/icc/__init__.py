"""ICC profiles: read, worked out, and made."""
