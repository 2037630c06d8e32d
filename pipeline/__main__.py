"""`python -m lcpipe.pipeline` is `lcpipe`."""

from .cli import main

if __name__ == "__main__":
    main()
