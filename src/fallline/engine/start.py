"""Where a run begins that several processes carry out: all where process 0 stands."""

from __future__ import annotations

from fallline.engine.checkpoint import Saved, arrays_of, saved_from
from fallline.engine.plan import Plan
from fallline.engine.world import world
from fallline.record import arrays as array_file


def as_first(plan: Plan, saved: Saved) -> Saved:
    """Return where process 0 stands, for the others need not see its folder, laid out over the devices.

    Args:
        plan: the run.
        saved: where this process would begin: what process 0 has restored, or the first point of all.
    """
    here = world()
    if here.count > 1:
        restored = here.first and saved.at.step > 0
        told = here.shared(array_file.pack(arrays_of(saved), {"seconds": saved.seconds}) if restored else b"")
        if told:
            arrays, meta = array_file.unpack(told)
            saved = saved_from(arrays, meta["seconds"], saved.at)
    if not saved.at.step:
        return saved
    return saved._replace(at=plan.layout.placed(saved.at), best=plan.layout.placed(saved.best))
