"""What holds for every test and every example: programs are compiled lightly, and nothing is timed.

Most of the time of a test goes to the compiler. With these options XLA computes the same in the same precision, writes
plainer machine code for it, in one piece, and takes half of the time. What tracing makes is mostly there to stay: to
look for garbage among it after every few hundred objects takes a tenth of all time, after every hundred thousand a
fiftieth. What is said of speed is measured in `benchmarks/`, without all this.
"""

from __future__ import annotations

import gc
import os

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
)
gc.set_threshold(100_000, 20, 100)
