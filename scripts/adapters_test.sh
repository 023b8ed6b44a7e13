#!/usr/bin/env bash
# Tests the adapters against the real TRL, verl, OpenRLHF, verifiers and lm-eval, at the versions of
# constraints-adapters.txt. They go to .venv-adapters, which sees the torch and transformers of .venv
# beneath it: less than a minute and 900 MB. Arguments go to pytest.
#
# verl and OpenRLHF are installed without what they depend on: each wants a transformers older than
# ours, and GPU packages. What the parts that we plug into import is named below.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${RLCF_VENV:-.venv}
overlay=${RLCF_ADAPTERS_VENV:-.venv-adapters}
python=$overlay/bin/python
stamp=$overlay/.installed
pins=(--constraint constraints.txt --constraint constraints-adapters.txt)

if ! cmp -s <(cat constraints.txt constraints-adapters.txt "$0") "$stamp"; then
  echo "rlcf: installing the adapters' packages into $overlay"
  rm -rf "$overlay"
  "$base/bin/python" -m venv --without-pip "$overlay"
  below=$("$base/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  above=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "import site; site.addsitedir('$below')" > "$above/below.pth"
  "$python" -m pip install --quiet --no-compile "${pins[@]}" \
    trl verifiers lm_eval ray omegaconf codetiming uv pylatexenc cloudpickle importlib_metadata orjson
  "$python" -m pip install --quiet --no-compile --no-deps "${pins[@]}" \
    verl openrlhf tensordict pyvers
  cat constraints.txt constraints-adapters.txt "$0" > "$stamp"
fi

export PATH="$(realpath "$overlay")/bin:$(realpath "$base")/bin:$PATH"
# Here a package that cannot be imported fails its tests; elsewhere they skip.
[ $# -gt 0 ] || set -- -n 2 --dist loadgroup tests/test_adapters*.py
RLCF_ADAPTERS=1 OMP_WAIT_POLICY=PASSIVE exec "$python" -m pytest "$@"
