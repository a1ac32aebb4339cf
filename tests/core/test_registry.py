from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.registry import Registry, to_call
from fallline.methods import METHODS
from fallline.methods.adam import Adam
from fallline.methods.sgd import SGD
from fallline.schedules.constant import Constant
from fallline.schedules.exponential import Exponential

ONE_FILE = """
from __future__ import annotations
from typing import Any
from fallline.core.method import Method, Slots
from fallline.core.node import Scalar, hyper

class {name}(Method):
    \"\"\"Step by the sign.\"\"\"
    lr: Scalar = hyper(0.01, range="(0, inf)", help="step size", rate=True)
    def rule(self, xp: Any, g: Any, p: Any, s: Slots, t: Any) -> tuple[Any, dict[str, Any]]:
        return -self.lr * xp.sign(g), {{}}

class _Hidden({name}):
    \"\"\"Not for the table.\"\"\"
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package that can be imported as `ours`."""
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [n for n in sys.modules if n == "ours" or n.startswith("ours.")]:
        del sys.modules[name]


def test_a_file_is_all_that_a_new_method_needs(package: Path) -> None:
    (package / "signs.py").write_text(ONE_FILE.format(name="SignDescent"))
    registry = Registry("ours", Method)
    assert list(registry) == ["signdescent"]
    assert registry.build("SignDescent(0.5)").lr == 0.5
    assert registry["signdescent"].HEADLINE == "Step by the sign."


def test_two_classes_of_one_name_are_refused(package: Path) -> None:
    for file in ("one", "two"):
        (package / f"{file}.py").write_text(ONE_FILE.format(name="SignDescent"))
    with pytest.raises(InvalidValue, match=r"ours\.one and ours\.two both define 'signdescent'"):
        list(Registry("ours", Method))


def test_the_registry_is_a_mapping_by_name() -> None:
    assert METHODS["adam"] is Adam
    assert "adamm" not in METHODS
    assert sorted(METHODS) == list(METHODS)
    assert len(METHODS) == len(set(METHODS.values()))


@pytest.mark.parametrize(
    ("words", "method"),
    [
        ("sgd", SGD()),
        ("ADAM", Adam()),
        ("adam(0.1, b2=0.5)", Adam(lr=0.1, b2=0.5)),
        ("adam(lagged=true, eps_form=hat)", Adam(lagged=True, eps_form="hat")),
        ("sgd(lr=exponential(0.1, 0.9))", SGD(lr=Exponential(0.1, 0.9))),
        ("sgd(lr=exponential(constant(0.1), decay=0.9))", SGD(lr=Exponential(Constant(0.1), decay=0.9))),
    ],
)
def test_building_from_words(words: str, method: Method) -> None:
    built = METHODS.build(words)
    assert built == method
    assert METHODS.build(str(to_call(built))) == method


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ("adm", InvalidValue, "unknown method 'adm'. Did you mean 'adam'"),
        ("xyz", InvalidValue, "unknown method 'xyz'. Known: "),
        ("adam(beta1=0.9)", InvalidType, "adam has no 'beta1'. Did you mean 'b1'"),
        ("sgd(0.1, 0.9)", InvalidValue, r"sgd\(0.1, 0.9\): sgd takes no more than lr"),
        ("sgd(0.1, lr=0.2)", InvalidValue, r"sgd\(0.1, lr=0.2\): lr is given twice"),
        ("sgd(lr=exponential)", InvalidValue, "exponential needs peak, decay"),
        ("sgd(lr=expo)", InvalidType, "lr must be a number or a schedule, got 'expo'"),
        ("sgd(lr=cosine(pek=0.1))", InvalidType, "cosine has no 'pek'. Did you mean 'peak'"),
        ("sgd(lr=exponential())", InvalidValue, r"exponential: exponential needs peak, decay"),
        ("sgd(lr=exponental(0.1))", InvalidValue, "unknown schedule 'exponental'. Did you mean 'exponential'"),
        ("sgd(lr=sgd())", InvalidType, "lr must be a number or a schedule"),
        ("adam(b2=1.2)", InvalidValue, r"adam\(b2=1.2\): b2 must be in \[0, 1\), got 1.2. Did you mean 0.99\?"),
        ("adam(lr=1e999)", InvalidValue, r"lr must be in \(0, inf\), got inf. Did you mean 0.001\?"),
        ("adam(eps_form=hats)", InvalidValue, "eps_form must be one of 'outside', 'inside', 'hat', got 'hats'"),
    ],
)
def test_what_cannot_be_built_is_explained(words: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        METHODS.build(words)


def test_a_call_writes_numbers_out_as_floats_and_the_options_that_were_chosen() -> None:
    assert str(to_call(SGD(lr=1))) == "sgd(lr=1.0)"
    adam = "adam(lr=0.001, b1=0.9, b2=0.999, eps=1e-08"
    assert str(to_call(Adam())) == adam + ", eps_root=0.0)"
    assert str(to_call(Adam(lagged=True, eps_form="hat"))) == adam + ", eps_form=hat, lagged=true, eps_root=0.0)"
