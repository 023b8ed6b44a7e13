#!/bin/sh
# OpenRLHF with rewards from `rlcf serve`: start the server, ask it once as OpenRLHF does, stop it.
#     pip install '.[serve]' && sh examples/openrlhf.sh
# For training:  --reward.remote_url http://127.0.0.1:8321/openrlhf --data.label_key reference
set -eu
rlcf serve --port "${PORT:=8321}" &
server=$!
trap 'kill $server; wait $server || true' EXIT
until curl -sf "http://127.0.0.1:$PORT/healthz" > /dev/null; do
    kill -0 $server  # it has not given up
    sleep 0.2
done
curl -sf "http://127.0.0.1:$PORT/openrlhf" -H 'Content-Type: application/json' -d '{
  "query": ["class A { int x() {return 1; } }</s>", "class A { int x() {return y; } }"],
  "prompts": ["class A { int x() {", "class A { int x() {"],
  "labels": ["", ""]}'
echo
