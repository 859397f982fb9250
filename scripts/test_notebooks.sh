#!/usr/bin/env bash
# Runs experiments/*.ipynb on the committed results, in a virtual environment of pinned versions
# (some hundred megabytes, once), and fails on the first error in a cell. What they print and draw goes
# to .build-notebooks/executed; with --update into the notebooks themselves, to be committed.
# A notebook whose results are not committed is named and left out; ABLATION_RESULTS=FILE gives
# tables.ipynb another file of an ablation.
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
results_of() {
  case "$1" in
  */tables.ipynb | tables.ipynb) echo "${ABLATION_RESULTS:-experiments/solids/results.h5}" ;;
  esac
}
if [[ -n "${ABLATION_RESULTS:-}" ]]; then
  [[ -e "$ABLATION_RESULTS" ]] || { echo "ABLATION_RESULTS: $ABLATION_RESULTS is not there" >&2; exit 1; }
  # Notebooks run in their own folder.
  ABLATION_RESULTS=$(realpath -- "$ABLATION_RESULTS")
  export ABLATION_RESULTS
fi
ran=0 skipped=0
for notebook in "${notebooks[@]}"; do
  results=$(results_of "$notebook")
  if [[ -n "$results" && ! -e "$results" ]]; then
    echo "$notebook: skipped: $results is not there"
    skipped=$((skipped + 1))
    continue
  fi
  executed="$environment/executed/$(basename "$notebook")"
  # What depends on the moment is left out, so that equal results give equal notebooks.
  "$environment/bin/python" -m nbconvert --log-level WARN --to notebook --execute "$notebook" \
    --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.timeout=300 \
    --output-dir "$environment/executed" --output "$(basename "$notebook")"
  if [[ -n "$update" ]]; then cp "$executed" "$notebook"; fi
  echo "$notebook: executed without an error"
  ran=$((ran + 1))
done
echo "$ran executed, $skipped skipped"
