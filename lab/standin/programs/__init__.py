"""What runs as the stand-ins: programs of the standard library alone."""
