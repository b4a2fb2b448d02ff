#!/usr/bin/env bash
# Make sure that there is a Chromium for the browser tests, from Debian's or Ubuntu's own packages.
# Prints its path. Does nothing where one is on PATH already.
set -euo pipefail

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

if ! find_chromium; then
  if ! command -v apt-get >/dev/null; then
    echo "no Chromium found, and no apt-get to install one with: put chromium on PATH" >&2
    exit 1
  fi
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  "${as_root[@]}" apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium >&2
  find_chromium || { echo "Chromium was installed but is not on PATH" >&2; exit 1; }
fi
