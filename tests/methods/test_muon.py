from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.adamw import AdamW
from fallline.methods.muon import Muon


def first_step(method: Muon, g: np.ndarray) -> np.ndarray:
    """Return the first update, with its sign turned, in units of the rate."""
    w = np.zeros_like(g)
    return -method.update(g, method.init(w), w)[0] / method.lr


@pytest.mark.parametrize("shape", [(8, 30), (30, 8), (12, 12)])
def test_the_update_is_nearly_orthogonal(shape: tuple[int, int]) -> None:
    u, _, vh = np.linalg.svd(np.random.default_rng(0).normal(size=shape), full_matrices=False)
    g = 1e3 * (u * np.geomspace(1, 0.02, len(vh))) @ vh
    step = first_step(Muon(scale="none"), g)
    np.testing.assert_array_less(0.65, np.linalg.svd(step, compute_uv=False))
    np.testing.assert_array_less(np.linalg.svd(step, compute_uv=False), 1.25)
    turned = u.T @ step @ vh.T
    np.testing.assert_allclose(turned, np.diag(np.diag(turned)), atol=1e-12)


@pytest.mark.parametrize(
    ("scale", "shape", "factor"),
    [
        ("width", (4, 36), 3.0),
        ("width", (36, 4), 1.0),
        ("height", (36, 4), 3.0),
        ("height", (4, 36), 1.0),
        ("rms", (4, 36), 1.2),
    ],
)
def test_the_scale_follows_the_shape(scale: str, shape: tuple[int, int], factor: float) -> None:
    g = np.random.default_rng(1).normal(size=shape)
    np.testing.assert_allclose(first_step(Muon(scale=scale), g), factor * first_step(Muon(scale="none"), g), rtol=1e-12)


def test_what_is_no_matrix_goes_by_adamw() -> None:
    random = np.random.default_rng(2)
    muon = Muon(lr=0.1, adam_lr_ratio=0.5, adam_b1=0.8, adam_b2=0.9, adam_eps=0.01, adam_weight_decay=0.2)
    adamw = AdamW(lr=0.05, b1=0.8, b2=0.9, eps=0.01, weight_decay=0.2)
    w = [np.asarray(random.normal(size=shape)) for shape in ((), (3,), (2, 2, 2))]
    states = muon.init(w), adamw.init(w)
    for _ in range(5):
        g = [random.normal(size=p.shape) for p in w]
        (found, one), (expected, other) = (m.update(g, s, w) for m, s in zip((muon, adamw), states, strict=True))
        states = one, other
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("nesterov", [True, False])
def test_torchs_formula_is_this_one_in_full_precision(monkeypatch: pytest.MonkeyPatch, nesterov: bool) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())
    random = np.random.default_rng(3)
    w, lr = random.normal(size=(5, 3)), 0.01
    theirs = torch.nn.Parameter(torch.tensor(w))
    optimiser = torch.optim.Muon([theirs], lr=lr, nesterov=nesterov)
    ours = Muon(lr=lr, weight_decay=0.1, form="average", scale="height", nesterov=nesterov, eps=1e-30)
    state = ours.init(w)
    for g in random.normal(size=(20, 5, 3)):
        update, state = ours.update(g, state, w)
        w = w + update
        theirs.grad = torch.tensor(g)
        optimiser.step()
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_a_matrix_without_elements_stays() -> None:
    w = {"none": np.zeros((0, 3)), "some": np.eye(2)}
    updates, _ = Muon().update(w, Muon().init(w), w)
    assert updates["none"].shape == (0, 3)
    assert np.abs(updates["some"]).max() > 0
