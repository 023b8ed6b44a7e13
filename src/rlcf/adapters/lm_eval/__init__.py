"""lm-eval-harness: MBJP and MathQA-Java as tasks, compiled and run in the sandbox.

    lm_eval --include_path "$(python -m rlcf.adapters.lm_eval)" --tasks rlcf_mbjp --model hf ...

Written for lm-eval 0.4.13. Import costs nothing; the YAML files are read by lm-eval.
"""
