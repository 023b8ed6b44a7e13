#!/bin/sh
# lm-eval-harness on MBJP and MathQA-Java, compiled and run in rlcf's sandbox.
#     pip install '.[train]' 'lm-eval[hf]' && sh examples/lm_eval.sh path/to/model
# More flags go to lm_eval: --limit 20, say. To bring the tasks as a file: --tasks rlcf_mbjp
# --metadata '{"tasks": "mbjp.jsonl"}'.
set -eu
model=$1
shift
lm_eval --model hf --model_args "pretrained=$model" \
    --include_path "$(python -m rlcf.adapters.lm_eval)" \
    --tasks rlcf_mbjp,rlcf_mathqa_java \
    --confirm_run_unsafe_code "$@"
