"""JPEG: segments, scans, luminance carried over, and encoding."""
