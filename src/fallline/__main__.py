"""`python -m fallline` is the `fallline` command."""

import sys

from fallline.cli.main import main

sys.exit(main())
