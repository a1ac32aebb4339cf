"""`like`: names of both sides, what is put around a method, and what is refused with its reason."""

from __future__ import annotations

import numpy as np
import pytest

import fallline as fl
from fallline.compose.accumulate import Accumulate
from fallline.compose.chain import chain
from fallline.compose.clip_norm import ClipNorm
from fallline.compose.clip_value import ClipValue
from fallline.compose.weight_decay import WeightDecay
from fallline.core.errors import FalllineError
from fallline.core.method import Method


def test_numbers_have_two_names() -> None:
    ours = fl.Adam(lr=0.1, b1=0.8, b2=0.9, eps=1e-7, eps_form="hat")
    assert fl.Adam.like("keras", learning_rate=0.1, beta_1=0.8, beta_2=0.9) == ours
    assert fl.Adam.like("keras", lr=0.1, b1=0.8, b2=0.9) == ours
    assert fl.Adam.like("torch", betas=(0.8, 0.9)) == fl.Adam(b1=0.8, b2=0.9)
    assert fl.Adam.like("torch", lr=fl.Exponential(0.1, 0.5)).lr == fl.Exponential(0.1, 0.5)


def test_what_a_library_writes_as_an_option_is_a_form_here() -> None:
    assert fl.RMSProp.like("optax", eps_in_sqrt=False).eps_form == "outside"
    assert fl.Adam.like("optax", eps=1e-7, eps_root=1e-6) == fl.Adam(eps=1e-7, eps_root=1e-6)
    assert fl.AdaGrad.like("torch", lr_decay=0.1).lr == fl.InverseTime(0.01, decay=0.1)
    assert fl.Momentum.like("torch", momentum=0.0, dampening=0.5).dampening == 0


def test_options_around_the_rule_become_compositions() -> None:
    adam = fl.Adam.like("torch")
    assert fl.Adam.like("torch", weight_decay=0.1) == WeightDecay(adam, 0.1, form="coupled", on="all")
    decoupled = fl.Adam.like("torch", weight_decay=0.1, decoupled_weight_decay=True)
    assert decoupled == WeightDecay(adam, 0.1, form="decoupled", on="all")
    sgd = fl.SGD.like("keras")
    assert fl.SGD.like("keras", clipnorm=1.0) == chain(ClipNorm(1.0, over="each"), sgd)
    assert fl.SGD.like("keras", global_clipnorm=1.0) == chain(ClipNorm(1.0, over="all"), sgd)
    assert fl.SGD.like("keras", clipvalue=1.0) == chain(ClipValue(1.0), sgd)
    assert fl.SGD.like("keras", gradient_accumulation_steps=3) == Accumulate(sgd, every=3)


def test_options_that_change_no_number_are_taken() -> None:
    assert fl.Adam.like("torch", foreach=True, fused=None, capturable=True, maximize=False) == fl.Adam.like("torch")
    assert fl.Adam.like("keras", name="mine", loss_scale_factor=None) == fl.Adam.like("keras")
    assert fl.Adam.like("optax", mu_dtype=None) == fl.Adam.like("optax")


REFUSED = {
    "two names of one number": (lambda: fl.Adam.like("keras", beta_1=0.9, b1=0.9), "beta_1 and b1 are one"),
    "both within a pair": (lambda: fl.Adam.like("torch", betas=(0.9, 0.9), b2=0.9), "betas and b2 are one"),
    "half a pair": (lambda: fl.Adam.like("torch", betas=0.9), "betas takes 2 numbers, for b1 and b2"),
    "unknown name, near theirs": (lambda: fl.Adam.like("keras", epsilom=1.0), "Did you mean 'epsilon'"),
    "unknown name, near ours": (lambda: fl.RMSProp.like("torch", centred=True), "Did you mean 'centered'"),
    "another library's name": (lambda: fl.Adam.like("torch", beta_1=0.9), "unknown 'beta_1'"),
    "unknown library": (lambda: fl.Adam.like("kera"), "Did you mean 'keras'"),
    "no such method there": (lambda: fl.LAMB.like("torch"), "torch has no LAMB. It has Adam"),
    "cannot be reproduced": (lambda: fl.NAdam.like("paper"), "averages m with the momentum of the step"),
    "another method": (lambda: fl.Adam.like("torch", amsgrad=True), r"AMSGrad\.like\('torch'"),
    "another of three": (lambda: fl.SGD.like("torch", momentum=0.9), r"Momentum\.like\('torch'"),
    "the third": (lambda: fl.SGD.like("torch", momentum=0.9, nesterov=True), r"Nesterov\.like\('torch'"),
    "no method here": (
        lambda: fl.RMSProp.like("optax", nesterov=True),
        r"fl\.from_optax\(optax\.rmsprop, nesterov=True",
    ),
    "ascent": (lambda: fl.Adam.like("torch", maximize=True), "descend"),
    "scaled loss": (lambda: fl.Adam.like("keras", loss_scale_factor=2.0), "the loss is not scaled here"),
    "overwritten weights": (lambda: fl.Adam.like("keras", use_ema=True, ema_overwrite_frequency=3), "is reported"),
    "averages of batches": (
        lambda: fl.Adam.like("keras", use_ema=True, gradient_accumulation_steps=2),
        "averages the weights at every batch",
    ),
    "schedules of batches": (
        lambda: fl.SGD.like("keras", lr=fl.Exponential(0.1, 0.5), gradient_accumulation_steps=2),
        "schedules go on at every batch",
    ),
    "two clips": (lambda: fl.Adam.like("keras", clipnorm=1.0, clipvalue=1.0), "one of clipnorm"),
    "no eps inside": (lambda: fl.SGD.like("optax", eps_root=1e-8), "unknown 'eps_root'"),
    "decay without decay": (
        lambda: fl.Adam.like("optax", weight_decay=0.1),
        r"fl\.WeightDecay\(fl\.Adam\.like\('optax'\)",
    ),
    "other precision": (lambda: fl.Adam.like("optax", mu_dtype="bfloat16"), "in float32 at least"),
    "no rate": (lambda: fl.AdaDelta.like("optax", learning_rate=None), "lr must be a number or a schedule"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_the_reason(case: str) -> None:
    ask, reason = REFUSED[case]
    with pytest.raises(FalllineError, match=reason):
        ask()


def test_a_method_of_ones_own_is_told_in_no_library() -> None:
    class Own(Method):
        """One's own."""

    with pytest.raises(FalllineError, match="torch has no Own"):
        Own.like("torch")


def test_keras_accumulates_clips_and_decays_in_its_order() -> None:
    """By hand: two batches, their mean, its norm cut to 1, and both the step and the decay at rate 0.1."""
    method = fl.SGD.like("keras", lr=0.1, clipnorm=1.0, weight_decay=0.5, gradient_accumulation_steps=2)
    w = np.array([2.0, -1.0])
    state = method.init(w)
    first, state = method.update(np.array([0.0, 8.0]), state, w)
    second, state = method.update(np.array([6.0, 0.0]), state, w)
    np.testing.assert_array_equal(first, [0.0, 0.0])
    np.testing.assert_allclose(second, -0.1 * np.array([0.6, 0.8]) - 0.1 * 0.5 * w, rtol=1e-15)
