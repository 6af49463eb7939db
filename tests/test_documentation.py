"""What the documents name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if path.name != "CHANGELOG.md"
)
PLACES = ("", "too_marshal", "too_marshal/workflows", "counterparts", "planners", "telescopes")


def named(path: Path) -> set[str]:
    """Modules in backticks, with a folder."""
    found = re.findall(r"`([\w./-]+/[\w.-]+\.py)(?:: \w+)?`", path.read_text())
    return {name for name in found if re.match(r"[a-z]\w*/", name)}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_a_document_names_exists(path: Path):
    lost = {
        name for name in named(path) if not any((ROOT / place / name).exists() for place in PLACES)
    }
    assert not lost


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_house_leads_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[\w-]+)?\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_map_names_every_room_of_the_house():
    text = (ROOT / "docs" / "map.md").read_text() + (ROOT / "docs" / "architecture.md").read_text()
    rooms = [
        path.name for path in (ROOT / "too_marshal").iterdir() if (path / "__init__.py").exists()
    ]
    assert [name for name in rooms if f"{name}/" not in text and name not in text] == []


def test_every_test_that_a_document_names_exists():
    text = "".join(path.read_text() for path in DOCUMENTS)
    named_tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    assert len(named_tests) > 40
    lost = [
        f"{path}::{name}"
        for path, name in named_tests
        if f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert lost == []
