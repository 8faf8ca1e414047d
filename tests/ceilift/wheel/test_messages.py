"""Fields of messages: sent always or at times, demanded or only asked for."""

from __future__ import annotations

import pytest

from ceilift.errors import BadInputError
from ceilift.package import Messages
from ceilift.wheel.messages import messages
from tests.wheels import NOTIFICATIONS, sources


def test_what_is_sent_and_what_is_read() -> None:
    assert messages(sources()) == Messages(
        sample_sends=("counter_name", "message_signature", "user_id"),
        sample_may_send=("publisher_id",),
        sample_requires=("counter_name",),
        sample_accepts=("user_id",),
        event_sends=("message_id", "traits"),
    )


def test_older_releases_call_their_functions_otherwise() -> None:
    old = sources(
        {
            "ceilometer/event/storage/models.py": "def serialize(): return {'raw': 1}",
            "ceilometer/event/models.py": None,
            "ceilometer/telemetry/notifications.py": NOTIFICATIONS.replace(
                "build_sample", "process_notification"
            ),
        }
    )

    assert messages(old).event_sends == ("raw",)
    assert messages(old).sample_requires == ("counter_name",)


@pytest.mark.parametrize(
    "path", ["ceilometer/publisher/utils.py", "ceilometer/telemetry/notifications.py"]
)
def test_functions_that_have_moved_are_named(path: str) -> None:
    with pytest.raises(BadInputError, match="it has no function"):
        messages(sources({path: "x = 1"}))
