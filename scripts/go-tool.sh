# Sourced by the scripts that get a program written in Go; they set $root.
# shellcheck shell=sh
: "${root:?}"

version_of() { # NAME in e2e/versions.env
  sed -n "s/^$1=//p" "$root/e2e/versions.env"
}

go_stop() { # WHAT, REMEDY
  printf 'signalbox: %s\n%s\n' "$1" "$2" >&2
  exit 1
}

# Go checks what it downloads against its checksum database.
go_tool() { # NAME, PATH FROM THE ENVIRONMENT, ITS VARIABLE, PACKAGE, VERSION, --no-build
  fetched=$root/.tools/$1/$1-$5
  if [ -n "$2" ]; then
    [ -x "$2" ] || go_stop "$3=$2 is not an executable file" "Set it to the path of a $1, or unset it."
    echo "$2"
    return
  fi
  if command -v "$1"; then return; fi
  if [ ! -x "$fetched" ]; then
    own="Install $1 yourself and put it on PATH, or set $3 to its path."
    [ "$6" != --no-build ] || go_stop "no $1 here" "make check-manifests builds it where Go is. Or: $own"
    command -v go >/dev/null || go_stop "no $1 here, and no Go to build one" "$own"
    echo "signalbox: building $1 $5 (minutes, once)" >&2
    mkdir -p "$root/.tools/$1"
    work=$(mktemp -d "$root/.tools/$1/building.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    GOBIN=$work GOFLAGS=-buildvcs=false go install -ldflags='-s -w' "$4@$5" >&2 ||
      go_stop "$1 $5 could not be built" "Check the network and GOPROXY, and that Go is new enough. Or: $own"
    # Two runs at once both build; the rename leaves a whole file whichever comes last.
    mv "$work/$1" "$fetched"
  fi
  echo "$fetched"
}
