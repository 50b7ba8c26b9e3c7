"""A page to choose variants on, and the server that saves what was chosen."""
