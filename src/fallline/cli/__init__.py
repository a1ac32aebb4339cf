"""The command line: one verb a file, thin over the library."""
