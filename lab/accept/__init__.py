"""Acceptance scenarios: the product against the lab, judged by figures."""
