"""Schedules: hyperparameters that change with the step, one a file."""

from fallline.core.registry import Registry
from fallline.core.schedule import Schedule

SCHEDULES: Registry[Schedule] = Registry(__name__, Schedule)
