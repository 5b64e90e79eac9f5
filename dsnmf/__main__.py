"""`python -m dsnmf`."""

import sys

from dsnmf.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
