#!/bin/sh
# Builds e2e/crd-check into .tools/crd-check, and puts beside it, from the Go modules of e2e/versions.env, the CRDs of
# everything that gateway-resources/ and deploy/ use. Go checks what it downloads against its checksum database.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=scripts/go-tool.sh
. "$root/scripts/go-tool.sh"
command -v go >/dev/null ||
  go_stop "no Go here to build crd-check with" "Install Go $(version_of GATEWAY_GO_VERSION) or newer (https://go.dev/dl)."
place=$root/.tools/crd-check
mkdir -p "$place/crds"
work=$(mktemp -d "$place/crds.XXXXXX")
trap 'rm -rf "$work"' EXIT

copy_crds() { # NAME, MODULE@VERSION, FOLDER IN IT
  # In an empty folder: the version is exact, so that nobody is asked for a list of them.
  folder=$(cd "$work" && go mod download -json "$2" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  [ -d "$folder/$3" ] || go_stop "$2 has no folder $3" "See which version e2e/versions.env names."
  mkdir "$work/$1"
  cp "$folder/$3"/*.yaml "$work/$1"
}
copy_crds envoy-gateway "github.com/envoyproxy/gateway@$(version_of ENVOY_GATEWAY_VERSION)" \
  charts/gateway-crds-helm/templates/generated
copy_crds ai-gateway "github.com/envoyproxy/ai-gateway@$(version_of AI_GATEWAY_VERSION)" \
  manifests/charts/ai-gateway-crds-helm/templates
copy_crds gateway-api "sigs.k8s.io/gateway-api@$(version_of GATEWAY_API_VERSION)" config/crd/standard
copy_crds prometheus-operator \
  "github.com/prometheus-operator/prometheus-operator@$(version_of PROMETHEUS_OPERATOR_VERSION)" \
  example/prometheus-operator-crd
chmod -R u+w "$work"
rm -rf "$place/crds" && mv "$work" "$place/crds"

cd "$root/e2e/crd-check"
GOFLAGS=-buildvcs=false go build -o "$place/crd-check" .
# Unchanged sources leave an old file in place.
touch "$place/crd-check"
echo "$place/crd-check"
