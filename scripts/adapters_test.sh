#!/usr/bin/env bash
# Tests the adapters against the real TRL, verl, OpenRLHF, verifiers and lm-eval, at the versions of
# requirements-adapters.txt. They go to .venv-adapters, which sees the torch and transformers of .venv
# beneath it: half a minute and 900 MB. Arguments go to pytest.
#
# The list has what TRL, verifiers and lm-eval depend on. verl and OpenRLHF have not all of theirs:
# each wants an older transformers, and GPU packages; it has what the parts that we plug into import.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${RLCF_VENV:-.venv}
overlay=${RLCF_ADAPTERS_VENV:-.venv-adapters}
python=$overlay/bin/python
stamp=$overlay/.installed

if ! cmp -s <(cat requirements-adapters.txt "$0") "$stamp"; then
  echo "rlcf: installing the adapters' packages into $overlay"
  rm -rf "$overlay"
  "$base/bin/python" -m venv --without-pip "$overlay"
  below=$("$base/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  above=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "import site; site.addsitedir('$below')" > "$above/below.pth"
  # All that is needed is in the list, so that nothing is resolved.
  "$python" -m pip install --quiet --no-compile --no-deps --requirement requirements-adapters.txt
  cat requirements-adapters.txt "$0" > "$stamp"
fi

export PATH="$(realpath "$overlay")/bin:$(realpath "$base")/bin:$PATH"
# Here a package that cannot be imported fails its tests; elsewhere they skip.
[ $# -gt 0 ] || set -- -n 2 --dist loadgroup tests/test_adapters*.py
RLCF_ADAPTERS=1 OMP_WAIT_POLICY=PASSIVE exec "$python" -m pytest "$@"
