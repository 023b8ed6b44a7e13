#!/bin/sh
# Installs compilers and interpreters of the languages that are missing, by apt-get and npm.
# Without root or network it says what is missing and goes on: the tests of absent languages skip.
set -u

want=
need() { # PROGRAM PACKAGE...
  command -v "$1" >/dev/null && return
  shift
  want="$want $*"
}

install() {
  [ -n "$want" ] || return
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  if command -v apt-get >/dev/null; then
    echo "rlcf: installing$want"
    timeout 60 $as_root apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive timeout 150 $as_root \
      apt-get install -y -qq --no-install-recommends $want >/dev/null 2>&1 ||
      echo "rlcf: apt-get could not install:$want; tests of their languages will skip" >&2
  else
    echo "rlcf: missing, and no apt-get here:$want; tests of their languages will skip" >&2
  fi
  want=
}

need g++ g++
need gcc gcc libc6-dev
need gfortran gfortran
need node nodejs
need npm npm
need ruby ruby
need php php-cli
need go golang-go
need mcs mono-mcs mono-runtime libmono-system-core4.0-cil libmono-system-numerics4.0-cil
need lua5.4 lua5.4
need scalac scala
perl -MData::Compare -e 1 2>/dev/null || want="$want perl libdata-compare-perl"
install
# By themselves: they are large, and the others shall not wait for them in vain.
need clang++ clang
install
need rustc rustc
install

folder=${RLCF_NODE:-${XDG_DATA_HOME:-$HOME/.local/share}/rlcf/node}
packages=
[ -d "$folder/node_modules/typescript" ] ||
  packages="typescript@5.9 @types/node@20 lodash@4 mathjs@14 heap-js@2"
[ -d "$folder/node_modules/kotlin-compiler" ] || packages="$packages kotlin-compiler@2.4"
if [ -n "$packages" ]; then
  if command -v npm >/dev/null; then
    mkdir -p "$folder"
    timeout 90 npm install --no-fund --no-audit --silent --prefix "$folder" $packages \
      >/dev/null 2>&1 ||
      echo "rlcf: npm could not install: $packages; tests of their languages will skip" >&2
  else
    echo "rlcf: missing, and no npm here: $packages; tests of their languages will skip" >&2
  fi
fi
exit 0
