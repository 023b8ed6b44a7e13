#!/bin/sh
# Finds a JDK >= 11 (JAVA_HOME, then PATH); else installs openjdk-17-jdk-headless by apt-get
# where root or passwordless sudo allow it; else stops with one line.
set -u

works() {
  [ -x "$1" ] || return 1
  version=$("$1" -version 2>&1) # javac 17.0.15
  version=${version##*javac }
  version=${version%%[!0-9]*}
  [ -n "$version" ] && [ "$version" -ge 11 ]
}

if [ -n "${JAVA_HOME:-}" ] && works "$JAVA_HOME/bin/javac"; then exit 0; fi
if found=$(command -v javac) && works "$found"; then exit 0; fi

package=openjdk-17-jdk-headless
if ! command -v apt-get >/dev/null; then
  why="there is no apt-get here to install one"
elif [ "$(id -u)" = 0 ]; then
  why="apt-get could not install $package" as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  why="apt-get could not install $package" as_root="sudo -n"
else
  why="only root may install one"
fi
if [ -n "${as_root+set}" ]; then
  echo "rlcf: no JDK >= 11 found, installing $package"
  $as_root apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq "$package" >/dev/null
  if found=$(command -v javac) && works "$found"; then exit 0; fi
fi
echo "rlcf: no JDK >= 11 found, and $why: install one" \
  "(Debian/Ubuntu: apt-get install $package), or set JAVA_HOME to one" >&2
exit 1
