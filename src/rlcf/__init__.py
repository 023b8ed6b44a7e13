"""rlcf: reinforcement learning with compiler feedback."""
