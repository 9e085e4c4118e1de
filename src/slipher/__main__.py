"""python -m slipher."""

import sys

from slipher.cli import main

if __name__ == "__main__":
    sys.exit(main())
