"""What people say of colours: hints beside photos, and palettes."""
