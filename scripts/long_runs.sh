#!/usr/bin/env bash
# Memory of long runs: 10 000 steps of the quickstart's refiner, whose resident memory is to stay
# within 1 % once 500 steps are done, and 100 000 images through encode and evaluate, whose peak is to
# be that of a tenth of them within 10 %.
#
# STEPS and IMAGES make shorter ones; results and samples of memory are left in runs/long.
set -euo pipefail
cd "$(dirname "$0")/.."

steps=${STEPS:-10000}
images=${IMAGES:-100000}
programs=.build/${CONFIG:-debug}
out=runs/long
mkdir -p "$out"

# Runs a command and notes its resident memory in KiB, once a second: sampled NAME COMMAND...
sampled() {
  local name=$1
  shift
  "$@" >"$out/$name.log" 2>&1 &
  local pid=$!
  : >"$out/$name.kib"
  while kill -0 "$pid" 2>/dev/null; do
    awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status" >>"$out/$name.kib" 2>/dev/null || true
    sleep 1
  done
  wait "$pid" || {
    tail -n 3 "$out/$name.log" >&2
    echo "error: $name failed: $out/$name.log" >&2
    exit 1
  }
}

# Of a run that was long enough to be sampled.
peak() {
  local highest
  highest=$(sort -n "$out/$1.kib" | tail -n 1)
  [[ -n $highest ]] || { echo "error: $1 ended before its memory was sampled" >&2; exit 1; }
  echo "$highest"
}

failed=0

# Everything that a run does now and then has happened before step 500.
rm -rf "$out/refiner"
sampled refiner "$programs/train-refiner" --config configs/quickstart/refiner.yaml \
  --set "output=$out/refiner" --set "training.steps=$steps" --set training.samples=null \
  --set training.checkpoint.every=250 --set training.heldOut.every=250
awk -v steps="$steps" '
  { kib[NR] = $1 }
  END {
    if (NR < 100) { print "error: " NR " samples of memory are too few" > "/dev/stderr"; exit 1 }
    first = int(NR * 500 / steps) + 1
    low = high = kib[first]
    for (i = first; i <= NR; i++) { if (kib[i] < low) low = kib[i]; if (kib[i] > high) high = kib[i] }
    printf "train-refiner: %d steps, %.1f to %.1f MiB after step 500\n", steps, low / 1024, high / 1024
    exit high > 1.01 * low
  }' "$out/refiner.kib" || failed=1

for count in $((images / 10)) $images; do
  "$programs/flowturbo" render-dataset --output "$out/images-$count" --per-class $((count / 10)) --seed 7
  rm -rf "$out/latents-$count.h5" "$out/cache-$count"
  sampled "encode-$count" "$programs/flowturbo" encode --config configs/quickstart/encode.yaml \
    --set "output=$out/latents-$count.h5" --set "encode.images=$out/images-$count" --set encode.render=null
  sampled "evaluate-$count" "$programs/flowturbo" evaluate --reference "$out/images-$count" \
    --samples "$out/images-$count" --weights data/quickstart/features.safetensors --metrics fid \
    --cache "$out/cache-$count"
done
for command in encode evaluate; do
  few=$(peak "$command-$((images / 10))")
  many=$(peak "$command-$images")
  echo "$command: peak $((few / 1024)) MiB of $((images / 10)) images, $((many / 1024)) MiB of $images"
  ((many * 10 <= few * 11)) || failed=1
done
exit $failed
