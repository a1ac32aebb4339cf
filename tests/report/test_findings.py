"""Findings in a run's report, and in words."""

from __future__ import annotations

import dataclasses
import math

import pytest

from fallline.core.spec import Spec
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Effect, Exhibit, Finding
from fallline.report.finding_words import changes, effect_words, remedied, standing
from fallline.report.run_page import run_page

EFFECT = Effect("validation loss", (1, 2, 3), (2.0, 2.5, 3.0), (0.5, 1.0, 1.4), -1.533, -1.677, -1.39)


@pytest.fixture
def diagnosis(make_record):
    record = make_record()
    found = Finding(
        cause="lr_too_large",
        message="From step 40 on the loss <bounces>.",
        since=40,
        evidence={"lr": 0.5},
        confidence=0.934,
        remedy=dataclasses.replace(record.spec, method="adam(lr=0.0001)", batch_size=64),
        advice="Lower the rate & go on.",
        exhibit=Exhibit("Loss & limit", ("step", "loss"), {"loss": [[1, 2.0], [40, 3.0]]}, since=40),
        effect=EFFECT,
    )
    open_ = {"overfitting": "there is no validation <part>."}
    return Diagnosis((found,), ("plateau", "dead_relu"), open_, ("It was taken on another machine.",), record)


def test_a_report_shows_evidence_remedy_and_effect(diagnosis):
    page = run_page(dataclasses.replace(diagnosis.record, diagnosis=diagnosis))
    start = page.index("<h2>Findings</h2>")
    shown = page[start : page.index("<h2>Test</h2>")]
    assert '<article class="finding" id="lr_too_large">' in shown
    for words in (
        "confidence 0.93, from step 40",
        "the loss &lt;bounces&gt;.",
        "Loss &amp; limit",
        "Lower the rate &amp; go on.",
        "− method = &quot;adam(lr=0.001)&quot;",
        "+ method = &quot;adam(lr=0.0001)&quot;",
        "− batch_size = 32",
        "+ batch_size = 64",
        "--method &#x27;adam(lr=0.0001)&#x27;",
        effect_words(EFFECT),
        "Looked for and not found: plateau, dead_relu.",
        "1 could not be judged",
        "no validation &lt;part&gt;.",
        "It was taken on another machine.",
    ):
        assert words in shown, words


def test_an_unexamined_run_has_no_such_section_and_a_clean_one_says_so(make_record):
    record = make_record()
    assert "Findings" not in run_page(record)
    clean = dataclasses.replace(record, diagnosis=Diagnosis((), ("plateau",)))
    assert "Nothing was found wrong." in run_page(clean)


def test_a_remedy_without_a_command_shows_every_choice(diagnosis):
    own = dataclasses.replace(diagnosis.record, spec=Spec("sgd(lr=9.0)"), diagnosis=None)
    remedy = dataclasses.replace(diagnosis[0], remedy=Spec("sgd(lr=0.1)", epochs=5), exhibit=None, effect=None)
    page = run_page(dataclasses.replace(own, diagnosis=Diagnosis((remedy,))))
    assert "every choice with it, as TOML" in page
    assert "+ epochs = 5" in page
    assert "− epochs" not in page


def test_words():
    none = Finding("plateau", "It stands.", None, {}, 0.5, None, "")
    assert standing(none) == "confidence 0.50"
    assert changes(Spec("sgd", {"split": [0.7, 0.3]}), Spec("sgd", {"split": [0.8, 0.2]})) == {
        "problem.split": ("[0.7, 0.3]", "[0.8, 0.2]")
    }
    assert remedied(Spec("sgd", epochs=2), Spec("sgd", sampling="sequential")) == (
        'epochs 2 → unset, sampling "shuffle" → "sequential"'
    )
    assert effect_words(EFFECT).startswith("validation loss 2.5 → 0.9667, a change of −1.533 [−1.677, −1.39]")
    one = dataclasses.replace(EFFECT, seeds=(1,), before=(2.0,), after=(2.5,), mean=0.5, low=math.nan, high=math.nan)
    assert effect_words(one) == "validation loss 2 → 2.5, a change of +0.5, better on 0 of 1 seeds"
    failed = dataclasses.replace(EFFECT, after=(1.0, math.inf, math.inf), mean=math.nan, low=math.nan, high=math.nan)
    assert effect_words(failed) == "validation loss: 2.5 before → failed on 2 of 3, better on 1 of 3 seeds"
