#!/bin/sh
# Makes the two images that the Dockerfile starts from, where no registry can be reached: from Debian's packages, by
# apt, without root. The first holds what gcr.io/distroless/nodejs24 holds, and as little else; the second adds what it
# takes to build: a shell, core tools, npm.
#   scripts/image/local-bases.sh && make image BASE=signalbox-local-base BUILD=signalbox-local-build
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
engine=${ENGINE:-docker}
node=$("$root/scripts/find-node.sh")
command -v apt-get >/dev/null || { echo "signalbox: local bases are made of Debian packages, and apt-get is not here" >&2; exit 1; }
"$engine" version >/dev/null || { echo "signalbox: no engine answers; start Docker, or name another with ENGINE" >&2; exit 1; }

run_packages='base-files netbase tzdata libc6 libssl3 libgcc-s1 libstdc++6 libgomp1'
build_packages='dash coreutils sed grep tar gzip findutils libselinux1 libacl1 libattr1 libpcre2-8-0 libgmp10 zlib1g'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() { # FOLDER PACKAGE...
  folder=$1
  shift
  mkdir -p "$work/debs" "$folder"
  for package in "$@"; do
    (cd "$work/debs" && apt-get --quiet --quiet -o APT::Sandbox::User=root download "$package" >&2)
    dpkg-deb --extract "$work/debs/$package"_*.deb "$folder"
  done
  rm -rf "$folder/usr/share/doc" "$folder/usr/share/man" "$folder/usr/share/info" "$folder/usr/share/locale"
}

# shellcheck disable=SC2086 # a list of words
unpack "$work/base" $run_packages
mkdir -p "$work/base/nodejs/bin" "$work/base/etc/ssl/certs" "$work/base/home/nonroot" "$work/base/tmp"
chmod 1777 "$work/base/tmp"
cp -L "$node" "$work/base/nodejs/bin/node"
cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
cat >"$work/base/etc/passwd" <<'END'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
END
cat >"$work/base/etc/group" <<'END'
root:x:0:
nobody:x:65534:
nonroot:x:65532:
END

cp -R "$work/base" "$work/build"
# shellcheck disable=SC2086
unpack "$work/build" $build_packages
[ -e "$work/build/bin/sh" ] || ln -s dash "$work/build/bin/sh"
if [ -d "$root/.tools/npm" ]; then npm=$root/.tools/npm; else npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")"); fi
mkdir -p "$work/build/opt"
cp -RL "$npm" "$work/build/opt/npm"
printf '#!/bin/sh\nexec /nodejs/bin/node /opt/npm/bin/npm-cli.js "$@"\n' >"$work/build/usr/bin/npm"
chmod +x "$work/build/usr/bin/npm"

import_folder() { # FOLDER IMAGE CHANGE...
  folder=$1 image=$2
  shift 2
  tar --create --directory "$folder" --owner 0 --group 0 --numeric-owner . | "$engine" import "$@" - "$image" >/dev/null
  echo "$image"
}
import_folder "$work/base" signalbox-local-base \
  --change 'ENTRYPOINT ["/nodejs/bin/node"]' --change 'USER 65532' --change 'WORKDIR /home/nonroot' \
  --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'
import_folder "$work/build" signalbox-local-build \
  --change 'ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin' \
  --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'
