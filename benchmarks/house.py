"""The house in figures: modules in a folder, arrows between rooms, functions, lines, starts.

`python -m benchmarks house [--starts]`. A room is what stands directly in a folder, a module or a
folder; an arrow is an import from one room to another, counted once however often it is made.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("too_marshal", "counterparts", "planners", "telescopes", "gcn_templates")
ROOMS = ("too_marshal", "too_marshal.workflows", "too_marshal.notices", "planners", "telescopes")
STARTS = {
    "web": "import too_marshal.app",
    "worker": "import too_marshal.commands.work, too_marshal.processes.worker",
    "clock": "import too_marshal.commands.clock, too_marshal.processes.timetable",
    "listener": "import too_marshal.commands.listen, too_marshal.streams.kafka",
    "command line": "import too_marshal.cli",
}


def folders() -> dict[str, list[Path]]:
    """Modules by folder, `__init__` left out."""
    modules: dict[str, list[Path]] = {}
    for package in (*PACKAGES, "tests"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name != "__init__.py":
                modules.setdefault(str(path.parent.relative_to(ROOT)), []).append(path)
    return modules


def function_lengths() -> list[tuple[int, str]]:
    """Lines of every function of the packages, its docstring left out, longest first."""
    lengths = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    first = (
                        node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
                    )
                    lines = (node.end_lineno or 0) - first.lineno + 1
                    lengths.append((lines, f"{path.relative_to(ROOT)}: {node.name}"))
    return sorted(lengths, reverse=True)


def arrows(graph: grimp.ImportGraph, folder: str) -> tuple[int, int, int]:
    """Rooms of a folder, arrows between them, and pairs that point both ways."""
    depth = folder.count(".") + 1
    rooms = graph.find_children(folder)

    def room(module: str) -> str | None:
        parts = module.split(".")
        name = ".".join(parts[: depth + 1])
        return name if name in rooms else None

    arrow_counts = Counter(
        (source, target)
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
        if (source := room(module)) and (target := room(other)) and source != target
    )
    return len(rooms), len(arrow_counts), sum((b, a) in arrow_counts for a, b in arrow_counts) // 2


def start(statement: str) -> tuple[float, float]:
    """Processor time, s, and peak memory, MiB, of an interpreter that imports this."""
    program = (
        f"{statement}\nimport resource\nu = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)"
    )
    best = (float("inf"), float("inf"))
    for _ in range(3):
        answer = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
        )
        seconds, size = map(float, answer.stdout.split())
        best = min(best, (seconds, size))
    return best


def main() -> None:
    """Print every figure."""
    counts = sorted(((len(paths), name) for name, paths in folders().items()), reverse=True)
    print("modules in a folder, the fullest: " + ", ".join(f"{name} {n}" for n, name in counts[:6]))
    graph = grimp.build_graph(*(name for name in PACKAGES if (ROOT / name).is_dir()))
    for folder in ROOMS:
        rooms, count, circles = arrows(graph, folder)
        print(f"{folder}: {rooms} rooms, {count} arrows, {circles} pairs that point both ways")
    lengths = function_lengths()
    sizes = [size for size, _ in lengths]
    print(
        f"functions: {len(sizes)}, median {sizes[len(sizes) // 2]} lines, 95 % at most "
        f"{sizes[len(sizes) // 20]}, longest {sizes[0]} ({lengths[0][1]})"
    )
    for package in (*PACKAGES, "tests", "benchmarks"):
        files = list((ROOT / package).rglob("*.py"))
        if files:
            lines = sum(len(file.read_text().splitlines()) for file in files)
            print(f"{package}: {lines} lines in {len(files)} files")
    for name, statement in STARTS.items():
        seconds, size = start(statement)
        print(f"start of {name}: {seconds:.2f} s of processor, {size:.0f} MiB")


if __name__ == "__main__":
    main()
