"""Every command that a document names can be given."""

from __future__ import annotations

import importlib.util
import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.test_documentation import DOCUMENTS, ROOT
from too_marshal.cli import cli
from too_marshal.deployment.settings import ZTF_KEYS, Settings

CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)

PACKAGES = {"benchmarks", "counterparts", "planners", "telescopes", "too_marshal"}


def commands(path: Path, program: str) -> list[str]:
    """What a document's code gives to a program, a line each, without comments and pipes."""
    code = "\n".join(block or inline for block, inline in CODE.findall(path.read_text()))
    joined = code.replace("\\\n", " ")
    lines = re.findall(rf"(?m)(?:^|[\s/]){re.escape(program)}((?: [^\n]*)?)$", joined)
    return [line.split(" #")[0].split("|")[0].strip() for line in lines]


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The innermost command that words name, and the words that follow it."""
    command: click.Command = cli
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, f"{command.name} has no command {words[0]!r}"
        command, words = inner, words[1:]
    return command, words


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_exists_with_its_options(path: Path):
    for line in commands(path, "too-marshal"):
        words = shlex.split(line.replace("...", "").replace("…", ""))
        command, rest = resolved(words)
        options = {
            name for param in command.params for name in (*param.opts, *param.secondary_opts)
        }
        asked = {word.split("=")[0] for word in rest if word.startswith("--")}
        assert asked <= options | {"--help", "--version"}, line
        names = words[: len(words) - len(rest)]
        answer = CliRunner().invoke(cli, [*names, "--help"])
        assert answer.exit_code == 0, f"too-marshal {line}: {answer.output}"


def test_the_documents_name_commands():
    assert sum(len(commands(path, "too-marshal")) for path in DOCUMENTS) > 10


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_is_run_and_every_target_that_is_made_exists(path: Path):
    for line in commands(path, "python -m"):
        module = line.split()[0]
        if module.partition(".")[0] in PACKAGES:
            assert importlib.util.find_spec(module) is not None, line
    targets = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text()))
    for line in commands(path, "make"):
        for word in shlex.split(line):
            assert word in targets or "=" in word or "." in word, f"make {line}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_exists(path: Path):
    known = {f"TOO_{setting.name.upper()}" for setting in fields(Settings)}
    known |= {f"TOO_ZTF_{key.upper()}" for key in (*ZTF_KEYS, "depot_password")} | {"TOO_CORPUS"}
    named = set(re.findall(r"\bTOO_[A-Z_]*[A-Z]\b(?!\*)", path.read_text()))
    assert {name.removesuffix("_FILE") for name in named - known} <= known
