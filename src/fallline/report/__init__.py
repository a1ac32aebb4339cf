"""Runs in words, tables and pages of HTML; nothing here imports JAX."""
