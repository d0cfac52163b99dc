#!/usr/bin/env bash
# The committed CSS and JavaScript are those that theme/static_src builds, and the scripts of the
# pages pass their tests. Needs node; without it this is left out, but not in CI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../theme/static_src"

if ! command -v npm >/dev/null; then
  printf 'npm is not installed: not checked\n'
  exit "${CASSANDRE_NO_SKIP:-0}"
fi
if ! cmp -s package-lock.json node_modules/installed-lock.json; then
  # Not `npm ci`: it wants pdf.js's native canvas in the lock file, which nothing here uses.
  npm install --no-save --loglevel error --no-audit --no-fund
  cp package-lock.json node_modules/installed-lock.json
fi
npm run --silent check
npm test --silent
