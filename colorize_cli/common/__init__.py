"""What every room may use: digests, atomic files, threads, signals."""
