"""Other people's trainers and harnesses, one thin module each.

    trl        reward functions (sync, async), localised credit for GRPO and RLOO
    verl       compute_score, a reward manager with token credit
    openrlhf   reward_func, and its HTTP protocol (served by `rlcf serve`)
    verifiers  a taskset with reward and metrics
    lm_eval    tasks MBJP and MathQA-Java

Nothing is imported before it is asked for. Signatures are those of the versions that
docs/adapters.md names; a test fails where an installed version differs.
"""
