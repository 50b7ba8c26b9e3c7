"""The loop that every stage is trained by; read `train` from top to bottom."""
