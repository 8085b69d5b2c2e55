#!/bin/sh
# get-gateway.sh envoy-gateway|aigw|kustomize
# Prints the path of that program: $ENVOY_GATEWAY_BIN, $AIGW_BIN or $KUSTOMIZE_BIN, else .tools/gateway/NAME-VERSION, which
# Go builds once from the module that e2e/versions.env names. Go checks modules against its checksum database.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/../e2e/versions.env
. "$root/e2e/versions.env"

stop() { # WHAT, REMEDY
  printf 'signalbox: %s\n%s\n' "$1" "$2" >&2
  exit 1
}
name=${1:-}
case "$name" in
  envoy-gateway)
    own=${ENVOY_GATEWAY_BIN:-} variable=ENVOY_GATEWAY_BIN version=$ENVOY_GATEWAY_VERSION
    package=github.com/envoyproxy/gateway/cmd/envoy-gateway ;;
  aigw)
    own=${AIGW_BIN:-} variable=AIGW_BIN version=$AI_GATEWAY_VERSION
    package=github.com/envoyproxy/ai-gateway/cmd/aigw ;;
  kustomize)
    own=${KUSTOMIZE_BIN:-} variable=KUSTOMIZE_BIN version=$KUSTOMIZE_VERSION
    package=sigs.k8s.io/kustomize/kustomize/v5 ;;
  *) stop "get-gateway.sh does not know '$name'" "It knows envoy-gateway, aigw and kustomize." ;;
esac
place=$root/.tools/gateway
built=$place/$name-$version

if [ -n "$own" ]; then
  [ -x "$own" ] || stop "$variable=$own is not an executable file" "Set it to the path of $name $version, or unset it."
  echo "$own"
  exit 0
fi
if [ -x "$built" ]; then
  echo "$built"
  exit 0
fi
command -v go >/dev/null ||
  stop "no $name here, and no Go to build it" "Install Go $GATEWAY_GO_VERSION or newer (https://go.dev/dl), or set $variable to the path of $name $version."

mkdir -p "$place"
work=$(mktemp -d "$place/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "signalbox: building $name $version with Go (once; up to 15 minutes and 3 GB of Go's caches)" >&2
# A module of our own around it: `go install PACKAGE@VERSION` also wants the module's list of versions, which not every
# proxy has. Without cgo no C compiler is needed.
cd "$work"
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false ${GOFLAGS:-}"
{
  go mod init signalbox.example/build &&
    go get "$package@$version" &&
    go build -o "$work/program" "$package"
} >"$work/log" 2>&1 || {
  tail -20 "$work/log" >&2
  stop "$name $version could not be built" "Check the network (GOPROXY names a mirror) and 'go version', which must be $GATEWAY_GO_VERSION or newer. Or set $variable to the path of $name $version."
}
# Two runs at once both build; the rename leaves a whole file whichever comes last.
mv "$work/program" "$built"
echo "$built"
