"""PNG: chunks, texts, and writing by strips."""
