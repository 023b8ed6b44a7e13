#!/bin/sh
# Stops with one line unless there is a Python >= 3.11 that can make virtual environments.
set -u
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
  echo "rlcf: no $python here: apt-get install python3 python3-venv, or set PYTHON" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "rlcf: $("$python" --version) is too old: set PYTHON to a Python >= 3.11" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "rlcf: $python cannot make virtual environments: apt-get install python3-venv" >&2
  exit 1
fi
