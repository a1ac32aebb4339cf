"""Models, one a file: a function of the same name returns a `Model`."""
