"""What openenv.yaml names."""

from rlcf.adapters.openenv import app as make_app

app = make_app()
