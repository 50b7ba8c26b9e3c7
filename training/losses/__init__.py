"""The terms that the stages weigh, free functions of a made and a true colour field."""
