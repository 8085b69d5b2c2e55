#!/bin/sh
# Prints the path of a Node that can run signalbox: the one of PATH when it is new enough, else .tools/node.
root=$(cd "$(dirname "$0")/.." && pwd)
new_enough() { "$1" -e 'process.exit(+process.versions.node.split(".")[0] >= 24 ? 0 : 1)' 2>/dev/null; }
for node in "$(command -v node || true)" "$root/.tools/node/bin/node"; do
  if [ -n "$node" ] && [ -x "$node" ] && new_enough "$node"; then
    echo "$node"
    exit 0
  fi
done
echo "signalbox: no Node 24 or newer on PATH or under .tools. Run 'make setup' in $root" >&2
exit 1
