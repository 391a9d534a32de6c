"""Entry for `python -m fvsamazon`; the same command line as `fvsamazon`."""

from fvsamazon.cli import main

if __name__ == "__main__":
    main()
