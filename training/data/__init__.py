"""Photos in, batches out: sources, the cache and what is read from it."""
