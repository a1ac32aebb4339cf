"""The contract of a cause: how it shows in a run, and what mends it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from fallline.core.node import Node
from fallline.record.finding import Finding

if TYPE_CHECKING:
    from fallline.findings.case import Case


class Cause(Node):
    """One thing that can be wrong with a run.

    A file in `findings/causes` holds one. Its docstring is its page: what it is, how it is told, what mends it, source.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ()
    """Causes that are its symptoms: where it is found, they stand below it."""

    @classmethod
    def name(cls) -> str:
        """The documented identifier: `LrTooLarge` is `lr_too_large`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()

    def judge(self, case: Case) -> Finding | None:
        """Return what is wrong, or None where it is not this.

        Raises:
            CannotTell: where the run does not hold what the question needs; it says how to get it.
        """
        raise NotImplementedError(f"{type(self).__name__} must define judge(case)")
