"""`python -m colorize_training` is `colorize-train`; torchrun starts it that way.

`torchrun --nproc-per-node 2 -m -- colorize_training vae --cache CACHE --run RUN` shares every batch between
two processes. Without the lone `--` torchrun takes `--run` for one of its own flags.
"""

from .cli import main

if __name__ == "__main__":
    main()
