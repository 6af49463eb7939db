#!/bin/sh
# Build the wheel and import it in an empty environment, under each interpreter that is here.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work" .
tried=0
for name in python3.11 python3.12 python3.13; do
	command -v "$name" >/dev/null 2>&1 || continue
	"$name" -c 'import venv, ensurepip' 2>/dev/null || continue
	"$name" -m venv "$work/$name"
	"$work/$name/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$work"/*.whl
	(cd / && "$work/$name/bin/python" -W ignore "$OLDPWD/tools/import_all.py")
	echo "$name: installed and imported"
	rm -rf "${work:?}/$name"
	tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || { echo "no interpreter to try the wheel with" >&2; exit 1; }
