#!/usr/bin/env bash
# Makes a Debian package from the release binary: installers/README.md.
set -euo pipefail
umask 022
cd "$(dirname "$0")/../.."

target="${CARGO_TARGET_DIR:-target}"
binary="$target/release/driftlock"
if [[ ! -x "$binary" ]]; then
    echo "build-deb: no release binary at $binary; run 'cargo build --release' first" >&2
    exit 1
fi
version="$(sed -n '/^\[workspace.package\]/,/^\[/ s/^version = "\(.*\)"/\1/p' Cargo.toml)"
architecture="$(dpkg --print-architecture)"
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}"
export SOURCE_DATE_EPOCH

tree="$(mktemp -d)"
chmod 755 "$tree"
trap 'rm -rf "$tree"' EXIT
share="$tree/usr/share"
put() { install -D -m "$1" "$2" "$3"; }

put 755 "$binary" "$tree/usr/bin/driftlock"
put 644 installers/linux/driftlock.desktop "$share/applications/driftlock.desktop"
put 644 installers/linux/driftlock.xml "$share/mime/packages/driftlock.xml"
put 644 icons/driftlock.svg "$share/icons/hicolor/scalable/apps/driftlock.svg"
put 644 icons/driftlock.png "$share/icons/hicolor/256x256/apps/driftlock.png"
for file in README.md incident.jsonl.zst incident.truth.json; do
    put 644 "sample-data/$file" "$share/driftlock/sample-data/$file"
done
for file in README.md CHANGELOG.md docs/*.md docs/decisions/*.md docs/images/*.png; do
    put 644 "$file" "$share/doc/driftlock/$file"
done
{
    echo "Driftlock Workstation is under the MIT licence or the Apache License 2.0, as you choose."
    echo "On Debian, the latter is in /usr/share/common-licenses/Apache-2.0. The former:"
    echo
    cat LICENSE-MIT
    echo
    echo "The fonts Inter, JetBrains Mono and Noto Sans, which are in the program:"
    echo
    cat assets/fonts/OFL-*.txt
    echo
    cat NOTICE
} >"$share/doc/driftlock/copyright"
chmod 644 "$share/doc/driftlock/copyright"

mkdir "$tree/DEBIAN"
# The libraries that are linked, at the version of the system that the binary was made on, and those that are loaded.
libc="$(dpkg-query -W -f='${Version}' libc6 | sed 's/[-+].*//')"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: driftlock
Version: $version
Architecture: $architecture
Maintainer: The Driftlock Workstation authors <driftlock@localhost>
Section: science
Priority: optional
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f1)
Depends: libc6 (>= $libc), libgcc-s1, libx11-6, libx11-xcb1, libxcursor1, libxi6, libxkbcommon-x11-0, libgl1
Recommends: xdg-desktop-portal | zenity
Description: See what was unusual in a telemetry capture, and why
 Opens OpenTelemetry captures and plain logs without a network, finds what is
 unusual by how many bits it costs to describe, and explains it down to the
 bytes. With a window and a command line.
CONTROL
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

mkdir -p "$target/deb"
package="$target/deb/driftlock_${version}_$architecture.deb"
dpkg-deb --root-owner-group --build "$tree" "$package"
