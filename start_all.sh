#!/usr/bin/env bash
# Starts Cassandre, installing what it needs at the first run. Ctrl-C ends everything.
# HOST, PORT and CASSANDRE_DATA choose address and data folder, VENV the Python environment;
# .env.example names all the rest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

VENV=${VENV:-.venv}

refuse() {
  printf '%s\n' "$1" >&2
  exit 1
}

new_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if new_enough "$name"; then
      printf '%s\n' "$name"
      return
    fi
  done
  refuse "Cassandre needs Python 3.11 or newer, and none is on the PATH: install it, then start again."
}

install_packages() {
  local python
  if ! new_enough "$VENV/bin/python"; then
    python=$(find_python)
    printf 'Making the Python environment in %s ...\n' "$VENV"
    "$python" -m venv --clear "$VENV" ||
      refuse "The Python environment could not be made in $VENV: see the lines above (on Debian: apt-get install python3-venv)."
  fi
  printf 'Installing the packages, which takes a minute ...\n'
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements/base.txt ||
    refuse "The packages could not be installed: see the lines above, then start again."
  cp requirements/base.txt "$VENV/installed-base.txt"
}

# pip is asked only when the list has changed since the last time, so that a start is quick.
if ! new_enough "$VENV/bin/python" || ! cmp -s requirements/base.txt "$VENV/installed-base.txt"; then
  install_packages
fi
exec "$VENV/bin/python" -m scripts.start
