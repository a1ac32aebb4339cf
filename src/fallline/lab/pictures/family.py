"""Who descends from whom."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence

from fallline.lab.picture import Picture


class Family(Picture):
    """The family of methods: who descends from whom.

    Every method and every solver, to the right of all its parents, as its class declares them. Many have two: Adam is
    momentum and the running size of RMSProp, NAdam is Nesterov's look-ahead and Adam.

    Example:
        >>> Family().parents()["Adam"]
        ('Momentum', 'RMSProp')
    """

    def parents(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of each one's parents."""
        from fallline.methods import METHODS
        from fallline.solvers import SOLVERS

        return {
            cls.__name__: tuple(parent.__name__ for parent in cls.PARENTS)
            for registry in (METHODS, SOLVERS)
            for cls in registry.values()
        }

    def figure(self) -> str:
        from fallline.figures.family_tree import family_tree
        from fallline.solvers import SOLVERS

        return family_tree(self.parents(), "The family of methods", {cls.__name__ for cls in SOLVERS.values()})

    def words(self) -> Sequence[str]:
        parents = self.parents()
        roots = [name for name, given in parents.items() if not given]
        several = {name: given for name, given in parents.items() if len(given) > 1}
        (most, heirs), *_ = collections.Counter(p for given in parents.values() for p in given).most_common(1)
        return (
            f"{len(parents)} methods and solvers; {len(parents) - len(roots)} of them descend from another, and "
            f"{_listed(roots)} from none.",
            f"{most} has the most direct heirs: {heirs}.",
            f"{len(several)} have several parents: "
            + "; ".join(f"{name} comes from {_listed(given)}" for name, given in several.items())
            + ".",
        )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
