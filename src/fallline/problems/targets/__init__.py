"""Targets: how they become what a loss compares with, and how a model's outputs become answers."""
