#!/usr/bin/env bash
# Faults put into the built programs, part by part: kills, disks, two runs at once, damaged input, numbers.
#   scripts/test_faults.sh [20|100]     how many runs of each command are killed
# A part that passed is noted in .build/faults-<kills>.done and not run again for the same state of
# the checkout, so that a long form goes on where it was stopped. FAULTS=again starts over.
set -euo pipefail
cd "$(dirname "$0")/.."

kills=${1:-20}
mutations=$((kills >= 100 ? 100000 : 5000))
configuration=${CONFIG:-debug}
changes=$(
  git diff HEAD -- Package.swift Sources Tests
  git ls-files --others --exclude-standard Sources Tests | xargs -r sha256sum
)
state="$(git rev-parse HEAD) $(sha256sum <<<"$changes" | cut -c1-12) $configuration"
state+=" seeds ${FAULT_SEED:-own} ${FUZZ_SEED:-own}"
done_file=.build/faults-$kills.done
[[ ${FAULTS:-} == again || $(head -1 "$done_file" 2>/dev/null) != "$state" ]] &&
  printf '%s\n' "$state" >"$done_file"

began=$SECONDS
tests=$(swift test list -c "$configuration" --skip-build --disable-xctest)
# part <name> <what tests are called> [variable=value ...]
part() {
  local name=$1 filter=$2
  shift 2
  if grep -qx "$name" "$done_file"; then
    printf '== %s: passed earlier\n' "$name"
    return
  fi
  printf '== %s (after %d:%02d)\n' "$name" $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
  # A filter that matches nothing would pass.
  grep -Eq "$filter" <<<"$tests" || { echo "error: no test is called $filter" >&2; exit 1; }
  local start=$SECONDS
  env "$@" swift test -c "$configuration" --skip-build --disable-xctest --no-parallel \
    --filter "$filter"
  printf '%s\n' "$name" >>"$done_file"
  printf '== %s: passed in %d s\n' "$name" $((SECONDS - start))
}

part kills KillFaultTests FAULT_KILLS="$kills"
part disk DiskFaultTests FAULT_KILLS="$kills"
part concurrency ConcurrencyFaultTests FAULT_KILLS="$kills"
part messages MessageFaultTests FAULT_KILLS="$kills"
part sweep AblateCommandTests SLOW_TESTS=1
part input FuzzTests FUZZ_MUTATIONS="$mutations"
part limits 'ConfigurationLimitTests|DryRunLimitTests|LargeFolderTests' FUZZ_MUTATIONS="$mutations"
part numbers 'NumberTests|DegenerateSetTests'

printf 'All parts passed, %d:%02d in this call.\n' \
  $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
