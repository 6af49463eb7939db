"""What waits on a socket ends when its time is over, and not before."""

from __future__ import annotations

import socket
import threading

from telescopes.protocols.deadlines import cut_off, shut


def test_a_peer_that_says_nothing_is_cut_off():
    own, theirs = socket.socketpair()
    with own, theirs, cut_off(lambda: shut(own), 0.05) as is_over:
        assert own.recv(1) == b""
        assert is_over()


def test_a_block_that_ends_in_time_is_left_alone():
    cut = threading.Event()
    with cut_off(cut.set, 60) as is_over:
        pass
    assert not is_over()
    assert not cut.is_set()


def test_no_time_at_all_is_over_at_once():
    cut = threading.Event()
    with cut_off(cut.set, -1) as is_over:
        assert cut.wait(10)
        assert is_over()


def test_a_socket_that_is_closed_can_still_be_shut():
    own, theirs = socket.socketpair()
    theirs.close()
    own.close()
    shut(own)
