"""Telescopes that take files, on a bench."""

import paramiko
import pytest
from astropy import units as u

from telescopes.errors import QueueError, QueueRefused, QueueUnconfirmed, QueueUnreachable
from telescopes.protocols.file_queue import FileQueue
from telescopes.protocols.sftp import SFTPDrop
from telescopes.simulators.drop import ACCOUNT, PASSWORD, DropServer, running_drop
from telescopes.simulators.faults import Fault, FaultKind
from tests.telescopes.contract import Bench, QueueContract

HOST_KEY = paramiko.RSAKey.generate(2048)
"""Made once: making one takes a second."""

HANGS = {FaultKind.HANG, FaultKind.ACCEPT_THEN_HANG}


class DropBench(Bench):
    """A script, dropped into a directory."""

    def __init__(self, stack, root, script):
        (root / "too").mkdir()
        self.folder = root / "too"
        self.script = script
        self._stack = stack
        self.server = stack.enter_context(running_drop(DropServer(root, HOST_KEY)))
        self.queue = self.connect(10)

    def connect(self, patience, **changes):
        settings = {
            "host": "127.0.0.1",
            "port": self.server.port,
            "username": ACCOUNT,
            "password": PASSWORD,
            "host_key": self.server.known_host,
            "directory": "too",
            "timeout": patience * u.s,
            **changes,
        }
        return FileQueue(SFTPDrop(**settings), self.script)

    def held(self, name):
        path = self.folder / (name + self.script.suffix)
        if not path.exists():
            return None
        return len(self.script.read(name, path.read_text()).targets)

    def add_fault(self, fault):
        self.server.faults.add(fault)

    def let_go(self):
        self.server.faults.clear()

    def pass_time(self, duration):
        """Nothing happens by itself."""

    def close(self):
        self._stack.close()

    def litter(self):
        """Drafts that were left behind."""
        return [path for path in self.folder.iterdir() if path.name.startswith(".")]


def submit_in_vain(queue, request):
    """Submit what fails; how it does."""
    with pytest.raises(QueueError) as caught:
        queue.submit(request)
    return caught.value


class DropContract(QueueContract):
    """What a drop owes beyond the contract of every queue."""

    @pytest.mark.parametrize(
        ("operation", "kind", "expected"),
        [
            ("open", FaultKind.STATUS, QueueRefused),
            ("open", FaultKind.HANG, QueueUnreachable),
            ("open", FaultKind.RESET, QueueUnreachable),
            ("open", FaultKind.ACCEPT_THEN_RESET, QueueUnreachable),
            ("write", FaultKind.STATUS, QueueRefused),
            ("write", FaultKind.HALF, QueueUnreachable),
            ("write", FaultKind.RESET, QueueUnreachable),
            ("write", FaultKind.ACCEPT_THEN_HANG, QueueUnreachable),
            ("rename", FaultKind.STATUS, QueueRefused),
            ("rename", FaultKind.HANG, QueueUnconfirmed),
            ("rename", FaultKind.RESET, QueueUnconfirmed),
            ("rename", FaultKind.ACCEPT_THEN_HANG, QueueUnconfirmed),
            ("rename", FaultKind.ACCEPT_THEN_RESET, QueueUnconfirmed),
            ("read", FaultKind.STATUS, QueueRefused),
            ("read", FaultKind.HANG, QueueUnreachable),
            ("read", FaultKind.RESET, QueueUnreachable),
        ],
        ids=str,
    )
    def test_a_drop_that_goes_wrong(self, bench, operation, kind, expected):
        request = bench.prepare(4)
        bench.add_fault(Fault(kind, method=operation))
        patience = 0.2 if kind in HANGS else 10
        caught = submit_in_vain(bench.connect(patience), request)
        while bench.server.faults.waiting():  # on a busy machine it fails before the fault comes
            patience *= 2
            caught = submit_in_vain(bench.connect(patience), request)
        assert isinstance(caught, expected)
        bench.let_go()
        bench.recover()
        held = bench.held(request.name)
        assert held in {None, 4}
        if expected is not QueueUnconfirmed:
            assert held is None
        assert bench.queue.find(request) is (held == 4)
        bench.queue.submit(request)
        assert bench.held(request.name) == 4

    def test_a_refused_drop_leaves_no_litter(self, bench):
        bench.add_fault(Fault(FaultKind.STATUS, method="rename"))
        with pytest.raises(QueueRefused):
            bench.queue.submit(bench.prepare())
        assert bench.litter() == []

    def test_a_watcher_never_sees_half_a_file(self, bench):
        seen = []
        request = bench.prepare(4)
        take = bench.server.faults.take

        def watch(operation, path):
            seen.append((operation, bench.held(request.name)))
            return take(operation, path)

        bench.server.faults.take = watch
        bench.queue.submit(request)
        assert {held for operation, held in seen if operation != "read"} == {None}
        assert bench.held(request.name) == 4

    def test_a_file_that_appeared_meanwhile_is_not_overwritten(self, bench):
        request = bench.prepare(4)
        path = bench.folder / (request.name + bench.script.suffix)
        take = bench.server.faults.take

        def appear(operation, name):
            if operation == "rename":
                path.write_text("another's")
            return take(operation, name)

        bench.server.faults.take = appear
        with pytest.raises(QueueRefused):
            bench.queue.submit(request)
        assert path.read_text() == "another's"

    def test_a_file_that_arrives_damaged_is_noticed(self, bench):
        bench.add_fault(Fault(FaultKind.HALF, method="write"))
        with pytest.raises(QueueUnreachable, match="damaged"):
            bench.queue.submit(bench.prepare())
        assert bench.litter() == []

    def test_files_of_others_are_passed_over(self, bench):
        suffix = bench.script.suffix
        (bench.folder / f"notes{suffix}").write_text("not a plan")
        (bench.folder / f"list{suffix}").write_text("[]")
        (bench.folder / "README").write_text("hello")
        bench.queue.submit(bench.prepare(2))
        assert [len(plan.targets) for plan in bench.queue.queued()] == [2]

    def test_a_machine_with_another_key_is_told_nothing(self, bench):
        other = paramiko.ECDSAKey.generate()
        pinned = f"{other.get_name()} {other.get_base64()}"
        for key in (pinned, f"ssh-rsa {paramiko.RSAKey.generate(2048).get_base64()}"):
            bench.queue = bench.connect(10, host_key=key)
            with pytest.raises((QueueRefused, QueueUnreachable)):
                bench.queue.submit(bench.prepare())
        assert list(bench.folder.iterdir()) == []

    def test_a_wrong_password_is_refused(self, bench):
        bench.queue = bench.connect(10, password="wrong")
        with pytest.raises(QueueRefused, match="does not let marshal in"):
            bench.queue.submit(bench.prepare())
        with pytest.raises(QueueUnreachable):
            bench.queue.ping()

    def test_the_password_is_not_shown(self, bench):
        assert PASSWORD not in repr(bench.queue)

    def test_a_missing_directory_is_no_queue(self, bench):
        bench.queue = bench.connect(10, directory="elsewhere")
        with pytest.raises(QueueUnreachable):
            bench.queue.ping()

    def test_exposures_come_by_upload_only(self, bench):
        bench.queue.submit(bench.prepare())
        start = bench.queue.queued()[0].start
        assert list(bench.queue.executed(start - 1 * u.day, start + 1 * u.day)) == []
