"""The accountant: which samples were due, which came, which came twice, and in which stage."""

from ceilift.account.judge import OUTSIDE, account, learn, sent_twice
from ceilift.account.losses import (
    UNCHANGED,
    Account,
    Changed,
    Gap,
    Key,
    Learned,
    SeriesAccount,
    Span,
    StageLoss,
)

__all__ = [
    "OUTSIDE",
    "UNCHANGED",
    "Account",
    "Changed",
    "Gap",
    "Key",
    "Learned",
    "SeriesAccount",
    "Span",
    "StageLoss",
    "account",
    "learn",
    "sent_twice",
]
