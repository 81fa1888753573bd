"""`python -m alife` is the `alife` command."""

import sys

from alife.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
