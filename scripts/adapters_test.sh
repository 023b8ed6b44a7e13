#!/usr/bin/env bash
# Tests the adapters against the real TRL, verl, OpenRLHF, verifiers, lm-eval and OpenEnv, at the versions
# of requirements-adapters.txt and requirements-openenv.txt. They go to .venv-adapters and
# .venv-adapters-openenv, which see the torch and transformers of .venv beneath them: a minute and 1 GB.
# Arguments go to pytest in the first.
#
# The list has what TRL, verifiers and lm-eval depend on. verl and OpenRLHF have not all of theirs:
# each wants an older transformers, and GPU packages; it has what the parts that we plug into import.
set -euo pipefail
cd "$(dirname "$0")/.."
base=${RLCF_VENV:-.venv}

# overlay FOLDER LIST: an environment with the packages of the list, on top of the base.
overlay() {
  local python=$1/bin/python stamp=$1/.installed
  cmp -s <(cat "$2" "$0") "$stamp" && return
  echo "rlcf: installing the packages of $2 into $1"
  rm -rf "$1"
  "$base/bin/python" -m venv --without-pip "$1"
  below=$("$base/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  above=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "import site; site.addsitedir('$below')" > "$above/below.pth"
  # All that is needed is in the list, so that nothing is resolved.
  "$python" -m pip install --quiet --no-compile --no-deps --requirement "$2"
  cat "$2" "$0" > "$stamp"
}

# in_overlay FOLDER ARGUMENTS: pytest there. A package that cannot be imported fails its tests; in the
# base they skip.
in_overlay() {
  PATH="$(realpath "$1")/bin:$(realpath "$base")/bin:$PATH" RLCF_ADAPTERS=1 OMP_WAIT_POLICY=PASSIVE \
    "$1/bin/python" -m pytest "${@:2}"
}

adapters=${RLCF_ADAPTERS_VENV:-.venv-adapters}
overlay "$adapters" requirements-adapters.txt
if [ $# -gt 0 ]; then
  in_overlay "$adapters" "$@"
  exit
fi
in_overlay "$adapters" -n 2 --dist loadgroup tests/test_adapters*.py --deselect tests/test_adapters_openenv.py
overlay "$adapters-openenv" requirements-openenv.txt
in_overlay "$adapters-openenv" tests/test_adapters_openenv.py
