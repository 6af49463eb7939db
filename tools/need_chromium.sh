#!/bin/sh
# The browser tests drive Debian's chromium; installs it where that is possible.
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
	sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
fi
if command -v chromium >/dev/null 2>&1; then exit 0; fi
echo "the browser tests need chromium: apt-get install chromium fonts-dejavu-core (as root)" >&2
# Without it a person's run skips those tests and says so; CI may not.
[ -z "$CI" ]
