#!/bin/sh
# Build the wheel and import it in an empty environment, under each interpreter that is here.
set -eu
here=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$work" .
tried=""
for candidate in python3.11 python3.12 python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3.1[123]; do
	version=$("$candidate" -c 'import venv, ensurepip, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
	case " $tried " in *" $version "*) continue ;; esac
	"$candidate" -m venv "$work/env"
	# To compile every module of every dependency takes longer than to install and import them.
	"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt "$work"/*.whl
	(cd / && "$work/env/bin/python" -W ignore "$here/tools/import_all.py")
	echo "Python $version: installed and imported"
	rm -rf "$work/env"
	tried="$tried $version"
done
[ -n "$tried" ] || { echo "no interpreter to try the wheel with" >&2; exit 1; }
