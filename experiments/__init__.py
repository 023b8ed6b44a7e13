"""Experiments: train arms of one model, measure them alike, compare, and write pages of it.

    python -m experiments.arms recipes/mbjp/arms.toml --runs runs/mbjp --out runs/mbjp.json

Settings, commands and results are in `recipes/`. Not part of the wheel.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: see docs/scaling.md
