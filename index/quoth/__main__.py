"""`python -m quoth` is the command `quoth`."""

import sys

from quoth.cli import main

sys.exit(main())
