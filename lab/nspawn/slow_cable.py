"""A cable that takes its time: `slow_cable.py ONE OTHER SECONDS`, names of network interfaces.

Every frame that comes in at one of them goes out at the other so much later, in order. A frame
travels with the kernel's note of what is still to be done to it (checksum, segments): without it
the far end would take it for damaged.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections import deque

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_VNET_HDR = 15
PACKET_OUTGOING = 4
LARGEST = 1 << 17


def main() -> None:
    """Carry frames until somebody ends the process."""
    one, other, seconds = opened(sys.argv[1]), opened(sys.argv[2]), float(sys.argv[3])
    across = {one: other, other: one}
    waiting: deque[tuple[float, socket.socket, bytes]] = deque()
    print("carries", flush=True)
    while True:
        left = waiting[0][0] - time.monotonic() if waiting else None
        ready, _, _ = select.select(list(across), [], [], None if left is None else max(left, 0))
        for end in ready:
            frame, about = end.recvfrom(LARGEST)
            if about[2] != PACKET_OUTGOING:
                waiting.append((time.monotonic() + seconds, across[end], frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, end, frame = waiting.popleft()
            send(end, frame)


def opened(interface: str) -> socket.socket:
    """All that comes in at that interface."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.bind((interface, ETH_P_ALL))
    return end


def send(end: socket.socket, frame: bytes) -> None:
    """A frame that its interface does not take is lost, as on a wire."""
    try:
        end.send(frame)
    except OSError as error:
        print(f"lost: {error}", flush=True)


if __name__ == "__main__":
    main()
