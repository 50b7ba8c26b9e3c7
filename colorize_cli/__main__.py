"""`python -m colorize_cli` is `colorize`."""

from colorize_cli.cli import main

if __name__ == "__main__":
    main()
