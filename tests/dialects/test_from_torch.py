"""Live optimisers of torch, read."""

from __future__ import annotations

from typing import Any

import pytest

import fallline as fl
from fallline.compose.by_path import by_path
from fallline.compose.weight_decay import WeightDecay
from fallline.core.errors import InvalidValue
from fallline.dialects.from_torch import from_torch

torch = pytest.importorskip("torch")


def model() -> Any:
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))


def grouped(named: list[tuple[str, Any]]) -> Any:
    """Return AdamW as it is usually built: no decay of the biases."""
    weights = [pair for pair in named if pair[0].endswith("weight")]
    biases = [pair for pair in named if pair[0].endswith("bias")]
    return torch.optim.AdamW([{"params": weights}, {"params": biases, "weight_decay": 0.0, "lr": 0.1}])


def test_one_class_of_torch_is_three_of_ours() -> None:
    w = [torch.nn.Parameter(torch.zeros(2))]
    assert from_torch(torch.optim.SGD(w, lr=0.1)) == fl.SGD(lr=0.1)
    assert from_torch(torch.optim.SGD(w, lr=0.1, momentum=0.8)) == fl.Momentum(lr=0.1, beta=0.8, form="buffer")
    ahead = torch.optim.SGD(w, lr=0.1, momentum=0.8, nesterov=True)
    assert from_torch(ahead) == fl.Nesterov(lr=0.1, beta=0.8, form="buffer")


def test_numbers_may_be_tensors() -> None:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(2))], lr=torch.tensor(0.5), weight_decay=0.25)
    assert from_torch(optimizer) == WeightDecay(fl.Adam(lr=0.5), 0.25, form="coupled", on="all")


def test_equal_groups_are_one_method() -> None:
    first, second = model().parameters(), model().parameters()
    assert from_torch(torch.optim.SGD([{"params": first}, {"params": second}], lr=0.1)) == fl.SGD(lr=0.1)


def test_groups_are_told_apart_by_names() -> None:
    decayed, plain = fl.AdamW.like("torch"), fl.AdamW.like("torch", lr=0.1, weight_decay=0.0)
    expected = by_path({"*.weight": decayed, "*.bias": plain})
    assert from_torch(grouped(list(model().named_parameters()))) == expected


def test_names_that_groups_share_are_written_whole() -> None:
    named = dict(model().named_parameters())
    head = [(name, named.pop(name)) for name in ("2.weight", "2.bias")]
    body = list(named.items())
    optimizer = torch.optim.SGD([{"params": body}, {"params": head, "lr": 0.1}])
    slow, fast = fl.SGD.like("torch"), fl.SGD(lr=0.1)
    assert from_torch(optimizer) == by_path({"0.weight": slow, "0.bias": slow, "2.weight": fast, "2.bias": fast})


def test_what_cannot_be_read_says_so() -> None:
    class Own(torch.optim.SGD):
        pass

    w = list(model().parameters())
    with pytest.raises(InvalidValue, match=r"Own\): it is no optimiser of torch.optim.*these: torch.optim.Ada"):
        from_torch(Own(w))
    with pytest.raises(InvalidValue, match=r"named_parameters\(\)"):
        from_torch(torch.optim.SGD([{"params": w[:2]}, {"params": w[2:], "lr": 0.1}]))
    with pytest.raises(InvalidValue, match="descend"):
        from_torch(torch.optim.Adam(w, maximize=True))
    with pytest.raises(InvalidValue, match=r"torch.optim.SparseAdam\(\) is none of the methods here"):
        from_torch(torch.optim.SparseAdam(w))
    scheduled = torch.optim.SGD(w, lr=0.1)
    torch.optim.lr_scheduler.StepLR(scheduled, step_size=3)
    with pytest.raises(InvalidValue, match=r"\.with_lr\(fl\.Cosine"):
        from_torch(scheduled)


def test_a_scheduler_is_not_its_optimiser() -> None:
    optimizer = torch.optim.SGD(model().parameters(), lr=0.1)
    with pytest.raises(InvalidValue, match=r"StepLR\): it is no optimiser of torch.optim"):
        from_torch(torch.optim.lr_scheduler.StepLR(optimizer, 3))


def test_a_refusal_names_what_was_set_and_nothing_else() -> None:
    optimizer = torch.optim.SGD(model().parameters(), lr=0.1, maximize=True, foreach=True)
    with pytest.raises(InvalidValue, match=r"^SGD.like\('torch', lr=0.1, maximize=True\): "):
        from_torch(optimizer)
