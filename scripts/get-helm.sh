#!/bin/sh
# Prints the path of a Helm: $HELM_BIN, else `helm` on PATH, else .tools/helm/helm-VERSION, which is built once from the
# Go module proxy. With --no-build only one that is there already.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/go-tool.sh
. "$root/scripts/go-tool.sh"
go_tool helm "${HELM_BIN:-}" HELM_BIN helm.sh/helm/v3/cmd/helm "$(version_of HELM_VERSION)" "${1:-}"
