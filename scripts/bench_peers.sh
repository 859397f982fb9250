#!/usr/bin/env bash
# The toolkit beside PyTorch, diffusers, OpenVINO and SciPy: sets up a virtual environment of
# pinned versions (some gigabytes, once), builds the benchmarks and lets both sides take turns.
# Arguments go to bench_peers.py: scripts/bench_peers.sh --only inception --rounds 3
set -euo pipefail
cd "$(dirname "$0")/.."

environment=.build-peers
wanted=scripts/bench_peers_requirements.txt
if ! cmp -s "$wanted" "$environment/installed.txt"; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --requirement "$wanted"
  cp "$wanted" "$environment/installed.txt"
fi

build=(swift build -c "${CONFIG:-debug}" --package-path Benchmarks --scratch-path .build-benchmarks)
"${build[@]}"
exec "$environment/bin/python" scripts/bench_peers.py \
  --bench "$("${build[@]}" --show-bin-path)/bench" "$@"
