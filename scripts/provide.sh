#!/usr/bin/env bash
# scripts/provide.sh chromium|gettext: installs it with apt where that is possible. Never fails:
# what needs it says so itself.
set -euo pipefail

case "$1" in
  chromium) commands=(chromium chromium-browser google-chrome) ;;
  gettext) commands=(msgfmt) ;;
  *)
    printf 'unknown: %s\n' "$1" >&2
    exit 2
    ;;
esac

for name in "${commands[@]}"; do
  if command -v "$name" >/dev/null; then
    exit 0
  fi
done

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  printf '%s is not installed, and neither are root and apt at hand to install it.\n' "$1"
  exit 0
fi
printf 'Installing %s ...\n' "$1"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -qq -y --no-install-recommends "$1"; } >/dev/null 2>&1; then
  printf '%s could not be installed.\n' "$1"
fi
