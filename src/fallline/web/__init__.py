"""The local app: pages in a browser, served to this machine alone."""
