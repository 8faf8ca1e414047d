"""The local test cloud: real Ceilometer on loopback hosts, with traffic and faults."""
