"""What the lab raises when it cannot go on; the text is meant for the person at the terminal."""


class LabError(Exception):
    """The lab cannot do what was asked; the message says why and what to do."""


class TimeUpError(LabError):
    """A condition did not come true before its deadline."""
