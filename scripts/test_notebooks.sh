#!/usr/bin/env bash
# Runs experiments/*.ipynb on the committed results, in a virtual environment of pinned versions
# (some hundred megabytes, once), and fails on the first error in a cell. What they print and draw goes
# to .build-notebooks/executed; with --update into the notebooks themselves, to be committed.
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.build-notebooks
wanted=experiments/requirements.txt
if ! cmp -s "$wanted" "$environment/installed.txt"; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --requirement "$wanted"
  cp "$wanted" "$environment/installed.txt"
fi

update=
if [[ "${1:-}" == --update ]]; then update=1; shift; fi
notebooks=("$@")
if [[ ${#notebooks[@]} -eq 0 ]]; then notebooks=(experiments/*.ipynb); fi

# The kernel of this environment and no other, and no settings of whoever starts this.
export JUPYTER_PLATFORM_DIRS=1 JUPYTER_CONFIG_DIR="$PWD/$environment/config"
export JUPYTER_PATH="$PWD/$environment/share/jupyter" IPYTHONDIR="$PWD/$environment/ipython"
export MPLCONFIGDIR="$PWD/$environment/matplotlib"
mkdir -p "$environment/executed"
for notebook in "${notebooks[@]}"; do
  executed="$environment/executed/$(basename "$notebook")"
  # What depends on the moment is left out, so that equal results give equal notebooks.
  "$environment/bin/python" -m nbconvert --log-level WARN --to notebook --execute "$notebook" \
    --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.timeout=300 \
    --output-dir "$environment/executed" --output "$(basename "$notebook")"
  if [[ -n "$update" ]]; then cp "$executed" "$notebook"; fi
  echo "$notebook: executed without an error"
done
