"""Rewards from a running `rlcf serve`, in any training loop.

rlcf serve &
python examples/client.py
"""

import sys

from rlcf.server.client import Client

PROMPT = "class A {\n    static int twice(int a) {\n"
COMPLETIONS = ["        return 2 * a;\n    }\n}\n", "        return 2 * b;\n    }\n}\n"]

url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8321"
for scored in Client(url, seconds=30).score([PROMPT] * 2, COMPLETIONS):
    if scored.reward is None:
        print("unscored, leave it out of the loss:", scored.reason)
    else:
        print(scored.reward, scored.verdict, [d["message"] for d in scored.diagnostics])
