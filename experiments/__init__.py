"""Experiments: train arms of one model, measure them alike, compare, and write pages of it.

    python -m experiments.arms recipes/mbjp/arms.toml --runs runs/mbjp --out runs/mbjp.json

Settings, commands and results are in `recipes/`. Not part of the wheel.
"""
