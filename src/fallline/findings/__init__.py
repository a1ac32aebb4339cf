"""Why a training fails, and what mends it."""

from fallline.core.registry import Registry
from fallline.findings.cause import Cause

CAUSES: Registry[Cause] = Registry("fallline.findings.causes", Cause)
"""Everything that a run is examined for."""
