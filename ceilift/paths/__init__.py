"""The upgrade paths: each a pure function from a situation to the whole list of what it takes."""
