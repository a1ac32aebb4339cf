"""Questions asked of functions and runs."""
