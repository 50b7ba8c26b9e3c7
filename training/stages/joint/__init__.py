"""VAE and MDN trained at once, variants compared with the truth as they are delivered."""
