"""`python -m alife` is the `alife` command."""

import sys

from alife.cli.start import main

if __name__ == "__main__":
    sys.exit(main())
