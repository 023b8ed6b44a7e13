"""Import this before torch where small models are trained: see docs/scaling.md.

Their compiler is busy all the time. Large models draw up to a third more slowly with it, so the
proof on pretrained models keeps the default, as the command line does.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
