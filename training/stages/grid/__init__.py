"""All networks of architecture grid at once, from ImageNet's weights or from weights that exist."""
