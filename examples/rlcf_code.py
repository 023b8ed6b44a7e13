"""A verifiers taskset: put this file on the path and name it `rlcf-code`.

    pip install '.[train]' verifiers uv
    sh examples/verifiers_eval.sh http://127.0.0.1:8000/v1 MODEL

prime-rl takes it under the same name. What could not be judged is an error on the trace, not a
reward of 0.
"""

from rlcf.adapters.verifiers import CodeTaskset

__all__ = ["CodeTaskset"]
