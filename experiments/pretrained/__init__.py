"""The proof on pretrained models; settings and commands are in `recipes/pretrained`."""

import os

# Threads wait awake for a little: to wake them for every product of a large model costs much.
os.environ.setdefault("GOMP_SPINCOUNT", "100000")
