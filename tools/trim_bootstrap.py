"""Leave out of Bootstrap what no page uses: `python tools/trim_bootstrap.py`, after new classes.

A telephone at 1.6 Mb/s waits for the style sheet before it shows anything. A rule stays if each
class that it names stands as a word in some template or script, or in the code that writes pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent.parent / "too_marshal" / "web"
VENDOR = WEB / "static" / "vendor"
TARGET = WEB / "static" / "bootstrap.css"

_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")


def used_words() -> set[str]:
    """Every word of templates, scripts and the code beside them; more than the classes."""
    sources = [
        *(WEB / "templates").glob("*.html"),
        *WEB.rglob("*.py"),
        *(path for path in (WEB / "static").rglob("*.js") if VENDOR not in path.parents),
    ]
    return {word for path in sources for word in re.findall(r"[A-Za-z_][\w-]*", path.read_text())}


def rules(css: str) -> Iterator[tuple[str, str]]:
    """Split a sheet into what stands before each outermost brace, and what stands within."""
    place = 0
    while (brace := css.find("{", place)) >= 0:
        depth, end = 1, brace + 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[place:brace], css[brace + 1 : end - 1]
        place = end


def trim(css: str, words: set[str]) -> str:
    """Keep the rules that may apply, with the selectors of each that may."""
    kept = []
    for head, body in rules(css):
        if head.startswith(("@media", "@supports")):
            inner = trim(body, words)
            if inner:
                kept.append(f"{head}{{{inner}}}")
        elif head.startswith("@"):
            kept.append(f"{head}{{{body}}}")
        else:
            selectors = [each for each in _parts(head) if _named(each) <= words]
            if selectors:
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def _named(selector: str) -> set[str]:
    """Classes that something must have for a selector to match."""
    return set(_CLASS.findall(re.sub(r":not\([^()]*\)", "", selector)))


def _parts(head: str) -> list[str]:
    """Selectors of a rule; a comma in brackets parts none."""
    return re.split(r",(?![^()]*\))", head)


def trimmed() -> str:
    """The sheet as it should be, under the banner that its license asks for."""
    (source,) = VENDOR.glob("bootstrap-*/bootstrap.min.css")
    banner, _, css = source.read_text().partition("*/")
    css = re.sub(r"^@charset[^;]*;|/\*#.*?\*/", "", css).strip()
    words = used_words()
    kept = trim(css, words)
    for name in set(re.findall(r"@keyframes ([\w-]+)", kept)):
        if len(re.findall(rf"\b{name}\b", kept)) == 1:
            kept = re.sub(rf"@keyframes {name}\{{(?:[^{{}}]*\{{[^{{}}]*\}})*\}}", "", kept)
    return f"{banner}*/{kept}\n"


if __name__ == "__main__":
    TARGET.write_text(trimmed())
