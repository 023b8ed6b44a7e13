#!/bin/sh
# verifiers' own evaluator on the taskset of environments/verifiers, against any OpenAI-compatible
# server.
#     pip install '.[train]' ./environments/verifiers uv
#     sh examples/verifiers_eval.sh http://127.0.0.1:8000/v1 MODEL
# The API key is read from OPENAI_API_KEY; a server of your own may want none. --no-push keeps the
# results here. Answers go to outputs/.
set -eu
url=$1 model=$2
shift 2
: "${OPENAI_API_KEY:=none}"
export OPENAI_API_KEY
vf-eval rlcf-code \
    --env.taskset.tasks embedded --env.taskset.limit 8 \
    --env.agent.harness.id null --env.agent.runtime.type subprocess \
    --client.base-url "$url" --client.api-key-var OPENAI_API_KEY --model "$model" --no-push "$@"
