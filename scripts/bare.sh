#!/bin/sh
# Runs a command as a newcomer would: with a PATH of links to sh, bash, coreutils, git, make and
# python3 alone, with --jdk to java and javac too, and with an empty home. What a test, script or
# verb leans on besides is then missing.
#
#   scripts/bare.sh [--jdk] COMMAND...
set -eu

tools="sh bash git make python3
  arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit
  cut date dd df dir dircolors dirname du echo env expand expr factor false fmt fold groups head
  hostid id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc
  numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq
  sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum
  sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users
  vdir wc who whoami yes ["

room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$room/bin" "$room/home"
chmod 755 "$room" # a sandbox of another user must find its tools too

if [ "${1:-}" = --jdk ]; then
  shift
  # By their own paths: a launcher finds its JDK from there.
  jdk=${JAVA_HOME:-$(dirname "$(dirname "$(realpath "$(command -v javac)")")")}
  ln -s "$jdk/bin/java" "$jdk/bin/javac" "$room/bin"
fi
for tool in $tools; do
  found=$(command -v "$tool" || true)
  case $tool in
    # A name of the shell's own is no path, and a version manager's python3 is a script.
    python3) found=$(python3 -c 'import sys; print(sys.executable)') ;;
    "[" | echo | false | printf | pwd | test | true) found=/usr/bin/$tool ;;
  esac
  [ ! -x "$found" ] || ln -s "$found" "$room/bin/$tool"
done

unset JAVA_HOME XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME HF_HOME RLCF_NODE
PATH=$room/bin HOME=$room/home "$@"
