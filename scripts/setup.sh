#!/usr/bin/env bash
# Installs the system libraries that are missing, after saying which and why, and checks
# that Swift is there. Where nothing is missing it changes nothing and asks no server.
set -euo pipefail

least_swift=6.3

# Debian package, what it is for
libraries=(
  "libdnnl-dev        oneDNN: matrix products and convolutions"
  "libopenblas0       OpenBLAS: double-precision products and LAPACK's eigenvalues, for metrics"
  "libhdf5-dev        HDF5: files of latents"
  "libturbojpeg0-dev  TurboJPEG: reading and writing JPEG"
  "libpng-dev         libpng: reading and writing PNG"
  "libssl-dev         OpenSSL's libcrypto: SHA-256 of weights and data"
  "zlib1g-dev         zlib: deflated members of zip archives"
  "pkg-config         tells the Swift package manager where these libraries lie"
)

fail() {
  printf 'setup: %s\n' "$1" >&2
  (( $# == 1 )) || printf '%s\n' "${@:2}" >&2
  exit 1
}

check_swift() {
  command -v swift >/dev/null || fail \
    "swift is not on the PATH; this package needs Swift $least_swift or newer." \
    "Get it from https://www.swift.org/install/linux/ (or with swiftly), then run make again."
  local found
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
  [[ -n $found ]] || fail "'swift --version' names no version; this package needs Swift $least_swift or newer."
  [[ $(printf '%s\n' "$least_swift" "$found" | sort -V | head -n 1) == "$least_swift" ]] || fail \
    "found Swift $found at $(command -v swift); this package needs $least_swift or newer." \
    "Get it from https://www.swift.org/install/linux/ (or with swiftly), then run make again."
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

check_swift
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this is no Debian or Ubuntu: please see to these libraries yourself:" >&2
  printf '  %s\n' "${libraries[@]}" >&2
  exit 0
fi

missing=()
for line in "${libraries[@]}"; do
  read -r package purpose <<<"$line"
  is_installed "$package" && continue
  (( ${#missing[@]} )) || echo "setup: missing system packages:"
  printf '  %-18s %s\n' "$package" "$purpose"
  missing+=("$package")
done
(( ${#missing[@]} )) || { echo "setup: Swift and all system libraries are there"; exit 0; }

install="apt-get install -y --no-install-recommends ${missing[*]}"
if (( EUID == 0 )); then
  root=()
elif command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
  root=(sudo)
else
  fail "this needs root. Run, as root:" "  apt-get update && $install"
fi

echo "setup: running ${root[*]} apt-get update and ${root[*]} $install"
if ! "${root[@]}" apt-get update -q ||
  ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive $install -q; then
  fail "the installation failed. Once the cause is mended, run, as root:" \
    "  apt-get update && $install"
fi
for package in "${missing[@]}"; do
  is_installed "$package" || fail "$package is still missing. Run, as root:" "  $install"
done
echo "setup: installed ${missing[*]}"
