"""`python -m claimbook` is the command line."""

import sys

from claimbook.cli import main

if __name__ == "__main__":
    sys.exit(main())
