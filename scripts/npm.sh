#!/bin/sh
# Runs npm on the Node that signalbox uses: the machine's npm when it has one, else the one under .tools.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
node=$("$root/scripts/find-node.sh")
PATH="$(dirname "$node"):$PATH"
export PATH
if [ -f "$root/.tools/npm/bin/npm-cli.js" ]; then
  exec "$node" "$root/.tools/npm/bin/npm-cli.js" "$@"
fi
exec npm "$@"
