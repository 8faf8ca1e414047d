"""The revisions, oldest first. What was published is never edited; a change is a new one."""
