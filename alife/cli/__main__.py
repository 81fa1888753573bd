"""`python -m alife.cli`."""

import sys

from alife.cli.start import main

sys.exit(main())
