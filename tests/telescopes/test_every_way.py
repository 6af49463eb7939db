"""No way to a robot is without its contract."""

import importlib
import pkgutil

import tests.telescopes
from telescopes.queues import QUEUES
from tests.telescopes.contract import HTTPFaultContract, QueueContract, UnlistedContract
from tests.telescopes.drop_bench import DropContract


def contracts():
    """Classes that hold a queue to its contract, with the ways that they speak for."""
    for module in pkgutil.walk_packages(tests.telescopes.__path__, "tests.telescopes."):
        if not module.name.rpartition(".")[2].startswith("test_"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and issubclass(value, QueueContract | UnlistedContract):
                yield from ((way, value) for way in getattr(value, "ways", ()))


def test_every_way_is_held_to_the_contract_once():
    ways = [way for way, _ in contracts()]
    assert sorted(ways) == sorted(QUEUES)


def test_every_way_meets_every_fault():
    for (_, protocol), contract in contracts():
        faults = DropContract if protocol == "sftp" else (HTTPFaultContract, UnlistedContract)
        assert issubclass(contract, faults)
