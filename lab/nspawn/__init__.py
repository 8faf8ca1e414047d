"""Hosts with a kernel's own isolation: systemd as PID 1, sshd on port 22, addresses of their own.

Each is a systemd-nspawn container on a disk of its own, over one shared Debian tree. They meet on
a bridge inside a control namespace: the machine's own network is not touched.
"""
