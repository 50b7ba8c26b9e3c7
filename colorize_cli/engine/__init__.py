"""Grey views in, variants out: the networks on one device or several."""
