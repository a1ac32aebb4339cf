from __future__ import annotations

from fallline.methods import METHODS


def test_the_family_tree_is_the_texts() -> None:
    parents = {name: {p.name() for p in cls.PARENTS} for name, cls in METHODS.items()}
    told = {
        "sgd": set(),
        "momentum": {"sgd"},
        "nesterov": {"momentum"},
        "adagrad": {"sgd"},
        "rmsprop": {"adagrad"},
        "adadelta": {"adagrad"},
        "adam": {"momentum", "rmsprop"},
        "nadam": {"nesterov", "adam"},
    }
    assert told.items() <= parents.items()
