"""`python -m quoth` is the command `quoth`."""

import sys

from quoth.cli.main import main

sys.exit(main())
