#!/bin/sh
# Prints the path of a kind: $KIND_BIN, else `kind` on PATH, else .tools/kind/kind-VERSION, which is built once from the
# Go module proxy. With --no-build only one that is there already.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/go-tool.sh
. "$root/scripts/go-tool.sh"
go_tool kind "${KIND_BIN:-}" KIND_BIN sigs.k8s.io/kind "$(version_of KIND_VERSION)" "${1:-}"
