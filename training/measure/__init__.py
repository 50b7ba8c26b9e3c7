"""How good colours are: one harness for every figure, table and contact sheet."""
