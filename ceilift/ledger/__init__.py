"""What was intended, by whom, with which evidence, and what came of it: append-only."""
