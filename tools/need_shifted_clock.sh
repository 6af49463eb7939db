#!/bin/sh
# `make test-days` preloads a wall clock that is shifted; builds it at $1.
if ! command -v cc >/dev/null 2>&1; then
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
	elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
	fi
fi
if ! command -v cc >/dev/null 2>&1; then
	echo "other days need a C compiler: apt-get install gcc libc6-dev (as root)" >&2
	exit 1
fi
mkdir -p "$(dirname "$1")"
exec cc -O1 -Wall -Wextra -shared -fPIC -o "$1" tools/shifted_clock.c -ldl
