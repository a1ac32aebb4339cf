"""Measurements taken inside the compiled step, one a file."""

from fallline.core.probe import Probe
from fallline.core.registry import Registry

PROBES: Registry[Probe] = Registry(__name__, Probe)
