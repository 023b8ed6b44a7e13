"""`python -m rlcf.cli`: the same as the `rlcf` command."""

from __future__ import annotations

import sys

from rlcf.cli import main

sys.exit(main())
