"""Losses, one a file: a function of the same name returns one loss a row.

Each file says in `TASK` what its targets are, `"classification"` or `"regression"`, and in `ONE_LOGIT` whether the
model gives one number a row for two classes.
"""
