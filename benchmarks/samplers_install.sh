#!/usr/bin/env bash
# Makes the environments of benchmarks/samplers.py, one per sampler, in a folder outside the project:
#
#     benchmarks/samplers_install.sh FOLDER
#
# They see the torch of .venv beneath them. llama.cpp is compiled for this processor, which takes
# about 15 minutes on two cores. A sampler that cannot be installed is left out of the benchmark.
set -uo pipefail
folder=$(realpath -m "${1:?name a folder}")
cd "$(dirname "$0")/.."
base=${RLCF_VENV:-.venv}
below=$("$base/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

for name in openvino vllm llama; do
  python=$folder/$name/bin/python
  "$base/bin/python" -m venv "$folder/$name" || exit 1
  above=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  echo "import site; site.addsitedir('$below')" > "$above/below.pth"
  # All that is needed is in the list, so that nothing is resolved.
  CMAKE_ARGS="-DGGML_NATIVE=ON" "$python" -m pip install --quiet --no-deps \
    --requirement "benchmarks/requirements-$name.txt" || echo "rlcf: no $name here" >&2
done
