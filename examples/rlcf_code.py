"""A verifiers taskset: put this file on the path and name it `rlcf_code`.

    pip install rlcf verifiers
    PYTHONPATH=examples eval rlcf-code --env.taskset.tasks embedded --env.taskset.limit 8 ...

What could not be judged is an error on the trace, not a reward of 0.
"""

from rlcf.adapters.verifiers import CodeTaskset

__all__ = ["CodeTaskset"]
