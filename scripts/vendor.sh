#!/bin/sh
# Re-makes bot/web/static/vendor from the packages named here, by the npm that is set up on this
# machine. Needed only to change a version: what it makes is committed.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out="$root/bot/web/static/vendor"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# name@version  file in the package  name here  version that is kept
take() {
    package=$1 version=$2 file=$3 name=$4
    (cd "$work" && npm pack --silent "$package@$version" >archive.txt)
    mkdir "$work/$name"
    tar -xzf "$work/$(cat "$work/archive.txt")" -C "$work/$name"
    mkdir -p "$out/$name"
    cp "$work/$name/package/$file" "$out/$name/$name.min.js"
    cp "$work/$name/package/LICENSE" "$out/$name/LICENSE"
    printf '%s %s\n' "$package" "$version" >"$out/$name/VERSION"
}

rm -rf "$out"
mkdir -p "$out"
take htmx.org 2.0.11 dist/htmx.min.js htmx
take htmx-ext-sse 2.2.4 dist/sse.min.js sse
cd "$out"
find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >SHA256SUMS
