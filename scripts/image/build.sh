#!/bin/sh
# Builds both images of the Dockerfile and says how large they are.
#   ENGINE    docker (default) or podman
#   IMAGE     name of the first; the second is $IMAGE-mock-llm          (default signalbox)
#   TAG       tag of both                                               (default: the version in package.json)
#   BASE      image to run on,   BUILD  image to build in               (default: the Dockerfile's)
# Further arguments go to the engine: scripts/image/build.sh --network host
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
engine=${ENGINE:-docker}
image=${IMAGE:-signalbox}
tag=${TAG:-$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$root/package.json")}
"$engine" version >/dev/null 2>&1 || {
  echo "signalbox: no $engine engine answers. Start it, or name another with ENGINE (podman)" >&2
  exit 1
}
build() { # TARGET NAME ARGUMENT...
  target=$1 name=$2
  shift 2
  "$engine" build ${BASE:+--build-arg "BASE=$BASE"} ${BUILD:+--build-arg "BUILD=$BUILD"} \
    --target "$target" --tag "$name" "$@" "$root"
}
build signalbox "$image:$tag" --label "org.opencontainers.image.version=$tag" "$@" >&2
build mock-llm "$image-mock-llm:$tag" --label "org.opencontainers.image.version=$tag" "$@" >&2
for name in "$image:$tag" "$image-mock-llm:$tag"; do
  bytes=$("$engine" image inspect --format '{{.Size}}' "$name")
  echo "$name $((bytes / 1000000)) MB"
done
