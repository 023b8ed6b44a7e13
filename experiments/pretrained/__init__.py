"""The proof on pretrained models; settings and commands are in `recipes/pretrained`."""
