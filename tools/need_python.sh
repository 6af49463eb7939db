#!/bin/sh
# Says in one sentence what is missing to make a virtual environment, and how to get it.
python="$1"
if [ -z "$python" ]; then
	echo "Python 3.11, 3.12 or 3.13 is needed: apt-get install python3 python3-venv" >&2
	exit 1
fi
if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
	version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	echo "$python lacks the module venv: apt-get install python$version-venv" >&2
	exit 1
fi
