#!/bin/sh
# Installs what the tests of pages need where it is missing: Chromium with its driver by apt-get, and
# axe-core, which looks for barriers to access, by npm. Without root or network it says what is
# missing and goes on: those tests skip.
set -u

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
  if command -v apt-get >/dev/null; then
    echo "rlcf: installing chromium chromium-driver"
    timeout 60 $as_root apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive timeout 150 $as_root \
      apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null 2>&1 ||
      echo "rlcf: apt-get could not install chromium: its tests will skip" >&2
  else
    echo "rlcf: no chromium, and no apt-get here: its tests will skip" >&2
  fi
fi

folder=${XDG_DATA_HOME:-$HOME/.local/share}/rlcf/browser
if [ ! -f "$folder/node_modules/axe-core/axe.min.js" ]; then
  if command -v npm >/dev/null; then
    mkdir -p "$folder"
    timeout 60 npm install --no-fund --no-audit --silent --prefix "$folder" axe-core@4 \
      >/dev/null 2>&1 || echo "rlcf: npm could not install axe-core: its tests will skip" >&2
  else
    echo "rlcf: no axe-core, and no npm here: its tests will skip" >&2
  fi
fi
exit 0
