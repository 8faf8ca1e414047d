"""Puts a release on hosts, beside the one that runs: nothing is stopped, started or switched."""
