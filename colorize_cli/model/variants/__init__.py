"""Which codes become a photo's variants, and how they are coloured."""
