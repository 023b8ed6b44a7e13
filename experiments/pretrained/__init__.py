"""The proof on pretrained models; settings and commands are in `recipes/pretrained`."""

import os

# Large models wait for their threads a little: waking them from sleep costs a third of a draw.
os.environ.setdefault("GOMP_SPINCOUNT", "100000")
