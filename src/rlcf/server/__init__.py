"""The grounding over HTTP, and a client that never stops a training loop.

`client` needs nothing but the standard library; `app` needs the extra `serve`.
"""
