"""`python -m dsnmf`."""

import sys

from dsnmf.cli import main

if __name__ == "__main__":
    sys.exit(main())
