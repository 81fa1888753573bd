"""`python -m alife.cli`."""

import sys

from alife.cli.main import main

sys.exit(main())
