#!/usr/bin/env bash
# Installs compilers and interpreters of the languages that are missing, by apt-get and npm.
# Without root or network it says what is missing and goes on: the tests of absent languages skip.
set -u

want=()
need() { command -v "$1" >/dev/null || want+=("${@:2}"); }
need g++ g++
need gcc gcc libc6-dev
need node nodejs
need npm npm
need ruby ruby
need php php-cli
need go golang-go
need mcs mono-mcs mono-runtime libmono-system-core4.0-cil libmono-system-numerics4.0-cil
need lua5.4 lua5.4
need scalac scala
perl -MData::Compare -e 1 2>/dev/null || want+=(libdata-compare-perl)

install() {
  [ ${#want[@]} -gt 0 ] || return
  if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
  if command -v apt-get >/dev/null; then
    echo "rlcf: installing ${want[*]}"
    timeout 60 "${as_root[@]}" apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive timeout 150 "${as_root[@]}" \
      apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null 2>&1 ||
      echo "rlcf: apt-get could not install: ${want[*]}" >&2
  else
    echo "rlcf: missing, and no apt-get here: ${want[*]}" >&2
  fi
  want=()
}

install
need clang++ clang # by itself: it is large, and the others shall not wait for it in vain
install

folder=${RLCF_NODE:-${XDG_DATA_HOME:-$HOME/.local/share}/rlcf/node}
packages=()
[ -d "$folder/node_modules/typescript" ] ||
  packages+=(typescript@5.9 @types/node@20 lodash@4 mathjs@14 heap-js@2)
[ -d "$folder/node_modules/kotlin-compiler" ] || packages+=(kotlin-compiler@2.4)
if command -v npm >/dev/null && [ ${#packages[@]} -gt 0 ]; then
  mkdir -p "$folder"
  timeout 90 npm install --no-fund --no-audit --silent --prefix "$folder" "${packages[@]}" \
    >/dev/null 2>&1 ||
    echo "rlcf: npm could not install: ${packages[*]}; tests of their languages will skip" >&2
fi
exit 0
