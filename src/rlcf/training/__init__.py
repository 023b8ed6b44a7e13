"""Training: supervised fine-tuning, and reinforcement learning with compiler feedback."""
