#!/bin/sh
# Lint, templates, declared imports, types, import contracts, migrations up and down, and the wheel in an empty environment.
set -eu
echo "== lint"
ruff check .
ruff format --check .
codespell too_marshal planners telescopes gcn_templates tests docs benchmarks README.md CHANGELOG.md
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
sh tools/check_wheel.sh
echo "all checks passed"
