"""Where stored samples are read to prove that telemetry flows."""
