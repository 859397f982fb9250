#!/usr/bin/env bash
# The main job from end to end on small rendered data: JPEGs, their latents, a refiner
# trained against the shipped predictor, plans compared from the same noise, and two studies with
# their report. Every step is a command that users type themselves; a run that was stopped goes
# on where it was.
set -euo pipefail
cd "$(dirname "$0")/.."

began=$SECONDS
step() {
  printf '\n== %s (%d:%02d)\n' "$1" $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
  shift
  printf '$ swift run %s\n' "$*"
  swift run --skip-build "$@"
}

step "A training set: 400 JPEGs of each of ten solids, a folder per class" \
  flowturbo render-dataset --output runs/quickstart/images --per-class 400 --size 64 \
  --seed 0 --quality 95
step "Their latents, both flips, by the shipped autoencoder" \
  flowturbo encode --config configs/quickstart/encode.yaml
step "A refiner, trained against the shipped predictor" \
  train-refiner --config configs/quickstart/refiner.yaml --resume
step "Plans from the same noise, with the shipped refiner and with the one just trained" \
  flowturbo compare --config configs/quickstart/compare.yaml

step "Two studies in one table: the order of blocks, and the number of refiner blocks" \
  ablate --config configs/quickstart/mini-ablation.yaml --resume
step "Their report: tables, speed against quality, samples" \
  flowturbo report runs/quickstart/mini-ablation/results.h5 --output runs/quickstart/report

printf '\nDone in %d:%02d. Pictures, a row per class, the same noise in each:\n' \
  $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
ls runs/quickstart/comparison/*.png
page=$PWD/runs/quickstart/report/report.html
printf 'The report, for any browser: %s\n' "$page"
# Shown at once where there is a desktop; nothing depends on it.
if [[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]] && command -v xdg-open >/dev/null; then
  xdg-open "$page" >/dev/null 2>&1 &
fi
