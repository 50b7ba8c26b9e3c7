"""Colour arithmetic: CIELAB, sRGB, samples in any profile, guided upsampling."""
