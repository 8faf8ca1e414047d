"""A cloud of stand-ins on real hosts: small programs in place of Ceilometer and its servers.

Everything the product itself brings is real: SSH, supervisor, its scripts and looks. What it acts
on starts, stops, polls and answers as the real thing would, and writes down what was done to it.
"""
