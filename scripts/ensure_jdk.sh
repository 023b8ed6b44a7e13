#!/usr/bin/env bash
# Finds a JDK >= 11 (JAVA_HOME, then PATH); else installs openjdk-17-jdk-headless by apt-get
# where root or passwordless sudo allow it; else stops with one line.
set -u

works() {
  local javac=$1 version
  [ -x "$javac" ] || return 1
  version=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
  [ -n "$version" ] && [ "$version" -ge 11 ]
}

if [ -n "${JAVA_HOME:-}" ] && works "$JAVA_HOME/bin/javac"; then exit 0; fi
if found=$(command -v javac) && works "$found"; then exit 0; fi

package=openjdk-17-jdk-headless
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  as_root=(false)
fi
if [ "${as_root[0]:-}" != false ] && command -v apt-get >/dev/null; then
  echo "rlcf: no JDK >= 11 found, installing $package"
  "${as_root[@]}" apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "$package" >/dev/null
  if found=$(command -v javac) && works "$found"; then exit 0; fi
fi
echo "rlcf: no JDK >= 11 found: install one (Debian/Ubuntu: apt-get install $package)" >&2
exit 1
