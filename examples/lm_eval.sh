#!/bin/sh
# lm-eval-harness on MBJP and MathQA-Java, compiled and run in rlcf's sandbox.
#     pip install rlcf 'lm-eval[hf]' && sh examples/lm_eval.sh path/to/model
set -eu
lm_eval --model hf --model_args "pretrained=$1" \
    --include_path "$(python -m rlcf.adapters.lm_eval)" \
    --tasks rlcf_mbjp,rlcf_mathqa_java \
    --confirm_run_unsafe_code
