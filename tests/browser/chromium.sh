#!/bin/sh
# Chromium without the suggestions of its address bar, pages of their own that each new window loads
# and no test looks at: two thirds of a window's processor time. Of several such lists the last
# counts, so that Playwright's own is added to.
for argument; do
    shift
    case $argument in
        --disable-features=*) argument=$argument,WebUIOmniboxPopup,WebUIOmniboxAimPopup ;;
    esac
    set -- "$@" "$argument"
done
exec chromium "$@"
