#!/bin/sh
# OpenRLHF with rewards from `rlcf serve`: start the server, ask it once as OpenRLHF does, stop it.
#     pip install '.[serve]' && sh examples/openrlhf.sh
# For training:  --reward.remote_url http://127.0.0.1:8321/openrlhf --data.label_key reference
set -eu
rlcf serve --port "${PORT:=8321}" &
server=$!
trap 'kill $server; wait $server || true' EXIT
ask() { # PATH [JSON]
    python -c 'import sys, urllib.request as web
url, *data = sys.argv[1:]
body = web.Request(url, *(d.encode() for d in data), headers={"Content-Type": "application/json"})
print(web.build_opener(web.ProxyHandler({})).open(body).read().decode())' \
        "http://127.0.0.1:$PORT$1" ${2:+"$2"}
}
until ask /healthz > /dev/null 2>&1; do
    kill -0 $server  # it has not given up
    sleep 0.2
done
ask /openrlhf '{
  "query": ["class A { int x() {return 1; } }</s>", "class A { int x() {return y; } }"],
  "prompts": ["class A { int x() {", "class A { int x() {"],
  "labels": ["", ""]}'
