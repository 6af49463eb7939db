"""Fuzz the parsers with atheris (libFuzzer guided by coverage) for a bounded time.

    pip install atheris
    python benchmarks/fuzz/fuzz_notices.py --seconds 300

Real notices of the corpus are the seeds (TOO_CORPUS names their folder). Any exception but
the two typed errors, any result that JSON cannot hold, more than 1 GiB of memory or an input
that takes 10 s ends the run with the input in the current folder. Atheris is no dependency
of the project: it needs clang's runtime and exists for some interpreters only.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["too_marshal.notices"]):
    from too_marshal.notices.formats.notice_json import notice_to_json
    from too_marshal.notices.notice import NoticeMalformed, NoticeUnknown
    from too_marshal.notices.registry import TOPICS, ParserFault, parse

ROOT = Path(__file__).resolve().parents[2]
MAX_SEED = 40_000
SEPARATOR = b"\n"


def read(data: bytes) -> None:
    """Parse one input: a topic's number, a line break, and the message."""
    topic_index, _, payload = data.partition(SEPARATOR)
    topic = (
        TOPICS[int(topic_index) % len(TOPICS)]
        if topic_index.isdigit() and len(topic_index) < 9
        else None
    )
    try:
        notice = parse(payload, topic)
    except ParserFault:
        raise
    except (NoticeMalformed, NoticeUnknown) as err:
        str(err).encode()
    else:
        json.dumps(notice_to_json(notice), allow_nan=False).encode()


def write_seeds(folder: Path) -> int:
    """Put small real notices into a folder; returns how many there are."""
    corpus = Path(os.environ.get("TOO_CORPUS", ROOT.parent / "shared" / "corpus"))
    count = 0
    for path in sorted((corpus / "notices").rglob("*.*")):
        if path.is_file() and path.stat().st_size < MAX_SEED:
            (folder / f"{count:05d}").write_bytes(b"x" + SEPARATOR + path.read_bytes())
            count += 1
    for topic_index in range(len(TOPICS)):
        (folder / f"topic{topic_index:03d}").write_bytes(
            b"%d" % topic_index + SEPARATOR + b'{"id": "1"}'
        )
    return count


def main() -> None:
    """Run for the given time; libFuzzer prints its own figures."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        print(f"{write_seeds(Path(folder))} seeds, {len(TOPICS)} topics", flush=True)
        flags = ["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=0"]
        flags += [f"-max_total_time={options.seconds}", f"-seed={options.seed}"]
        atheris.Setup([sys.argv[0], folder, *flags], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
