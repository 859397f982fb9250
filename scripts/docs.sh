#!/usr/bin/env bash
# Reference documentation of every library product by the toolchain's docc. A warning,
# such as a link to a symbol that is not there, is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

output=.build-docs
modules=$(swift package describe --type json |
  sed -n 's/^ *"name" : "\([A-Za-z]*\)",*$/\1/p' | sort -u)
echo "$modules" | head -3
