#!/bin/sh
# Lint, templates, declared imports, types, import contracts, migrations up and down, and the wheel in an empty environment.
set -eu
# The wheel takes as long as all the rest, so it goes on beside that.
log=$(mktemp)
sh tools/check_wheel.sh >"$log" 2>&1 &
wheel=$!
trap 'kill "$wheel" 2>/dev/null || true; rm -f "$log"' EXIT
echo "== lint"
ruff check .
ruff format --check .
codespell too_marshal counterparts planners telescopes gcn_templates tests docs benchmarks README.md CHANGELOG.md
echo "== templates and declared imports"
djlint --lint --quiet too_marshal/web/templates
deptry .
echo "== types"
mypy
echo "== import contract"
lint-imports
echo "== migrations"
python tools/check_migrations.py
echo "== compose file"
check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yaml
echo "== wheel"
passed=0
wait "$wheel" || passed=$?
cat "$log"
[ "$passed" -eq 0 ] || exit "$passed"
echo "all checks passed"
