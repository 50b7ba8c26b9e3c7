"""`python -m colorize_training` is `colorize-train`; torchrun starts it that way."""

from .cli import main

if __name__ == "__main__":
    main()
