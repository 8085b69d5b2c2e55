#!/bin/sh
# Prints the folder of `prometheus` and `promtool` for the tests: $PROMETHEUS_BIN_FOLDER, else where `promtool` and
# `prometheus` are on PATH, else .tools/prometheus, to which Debian's package is unpacked once. Nothing is installed, and
# apt checks the package's hash against the signed lists of the archive.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
place=$root/.tools/prometheus

stop() { # WHAT, REMEDY
  printf 'signalbox: %s\n%s\n' "$1" "$2" >&2
  exit 1
}
own="Install Prometheus yourself (Debian: apt-get install prometheus; macOS: brew install prometheus), or set PROMETHEUS_BIN_FOLDER to the folder of prometheus and promtool."

if [ -n "${PROMETHEUS_BIN_FOLDER:-}" ]; then
  for name in prometheus promtool; do
    [ -x "$PROMETHEUS_BIN_FOLDER/$name" ] ||
      stop "PROMETHEUS_BIN_FOLDER=$PROMETHEUS_BIN_FOLDER has no $name" "Set it to a folder that has both, or unset it."
  done
  echo "$PROMETHEUS_BIN_FOLDER"
  exit 0
fi
if command -v prometheus >/dev/null && promtool=$(command -v promtool); then
  dirname "$promtool"
  exit 0
fi
if [ -x "$place/bin/promtool" ]; then
  echo "$place/bin"
  exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  stop "no Prometheus here, and no apt-get and dpkg-deb to fetch one" "$own"
fi
mkdir -p "$place"
work=$(mktemp -d "$place/fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "signalbox: fetching Prometheus from Debian (19 MB, once, for the tests)" >&2
(cd "$work" && apt-get download --quiet=2 prometheus >&2) ||
  stop "Prometheus could not be fetched from Debian" "Check the network, or run apt-get update as root. Or: $own"
dpkg-deb -x "$work"/prometheus_*.deb "$work/unpacked"
"$work/unpacked/usr/bin/promtool" --version >/dev/null 2>&1 ||
  stop "the fetched Prometheus does not run on this machine" "$own"
# Two runs at once both fetch; the rename leaves a whole folder whichever comes first.
mv "$work/unpacked/usr/bin" "$place/bin" 2>/dev/null || [ -x "$place/bin/promtool" ]
echo "$place/bin"
