#!/usr/bin/env bash
# The committed CSS and JavaScript are those that theme/static_src builds. Needs node.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../theme/static_src"

if ! command -v npm >/dev/null; then
  printf 'npm is not installed: not checked\n'
  exit 0
fi
if ! cmp -s package-lock.json node_modules/installed-lock.json; then
  npm ci --silent --no-audit --no-fund
  cp package-lock.json node_modules/installed-lock.json
fi
npm run --silent check
