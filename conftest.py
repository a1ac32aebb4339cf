"""What holds for every test and every example: programs are compiled lightly, and nothing is timed.

Most of the time of a test goes to the compiler. With these options XLA computes the same in the same precision, writes
plainer machine code for it, and takes two thirds of the time. What is said of speed is measured in `benchmarks/`,
without them.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false")
