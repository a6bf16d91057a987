#!/usr/bin/env bash
# What a nanobot costs while it waits for a person: memory (PSS) and processor time, with the real Claude Code idle in
# its terminal. Prints one line. IDLE_SECONDS sets for how long it looks (default 60).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/env.sh
export IDLE_SECONDS=${IDLE_SECONDS:-60}
cargo test --release --quiet -p autocode-nanobot --test real_claude -- --exact --nocapture idle::a_waiting_nanobot_costs_next_to_nothing | grep '^IDLE '
