#!/usr/bin/env bash
# Reference documentation of every library by the toolchain's docc. A warning, such as a
# link to a symbol that is not there, is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

output=.build-docs
graphs=$(dirname "$(swift build --show-bin-path)")/symbolgraph
rm -rf "$graphs" "$output"
swift build
# This also asks for the symbols of the test bundle and fails where that is not built; the
# modules that matter are checked below.
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members \
  >/dev/null 2>&1 || true

chosen=$output/symbolgraph
mkdir -p "$chosen"
for folder in Sources/*/; do
  module=$(basename "$folder")
  # C targets have nothing to document, and the executables' names hold a hyphen or no capital.
  [[ -e $folder/include || -e $folder/module.modulemap || $module != [A-Z]* ]] && continue
  cp "$graphs/$module".symbols.json "$graphs/$module"@*.symbols.json "$chosen" 2>/dev/null ||
    [[ -e $chosen/$module.symbols.json ]] || { echo "docs: no symbols of $module" >&2; exit 1; }
done

# Parameters are documented where their names do not say it all.
docc convert --additional-symbol-graph-dir "$chosen" --output-path "$output/archive" \
  --fallback-display-name FlowTurbo --fallback-bundle-identifier org.flowturbo.swift \
  --disable-parameters-and-returns-validation --warnings-as-errors
echo "docs: $output/archive holds $(find "$chosen" -name '*.symbols.json' ! -name '*@*' | wc -l) modules;" \
  "any web server shows it, as under /documentation/tensorgraph"
