"""Fallline beside its peers, measured on the same machine in the same run."""
