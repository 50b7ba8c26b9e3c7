"""A run on a cluster: the client plans, notes and gives names; workers read, colour and write."""
