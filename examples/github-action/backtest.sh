#!/usr/bin/env bash
# Runs the range with the deployed program and with PROGRAM_FILE, and writes a report. Exits with 3 if a transaction succeeded before
# and fails now.
set -euo pipefail

bin=node_modules/.bin/simulator-client

if [ -z "${SIMULATOR_URL:-}" ]; then
  rm -f simulator.json
  "$bin" serve --port 0 --seed 7 --start-slot "$START_SLOT" --json >simulator.json 2>simulator.log &
  server=$!
  trap 'kill "$server"' EXIT
  # The command prints one line of JSON when it listens.
  until [ -s simulator.json ]; do
    kill -0 "$server" || { cat simulator.log; exit 1; }
    sleep 0.2
  done
  SIMULATOR_URL=$(node -p 'JSON.parse(require("fs").readFileSync("simulator.json", "utf8")).url')
  export SIMULATOR_URL
fi

"$bin" ab --start-slot "$START_SLOT" --slots "$SLOTS" --program-so "$PROGRAM=$PROGRAM_FILE" \
  --fail-on regression --report md | tee -a "${GITHUB_STEP_SUMMARY:-report.md}"
