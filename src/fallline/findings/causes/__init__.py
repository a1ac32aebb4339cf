"""What can be wrong with a run, one cause a file."""
