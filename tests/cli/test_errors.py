"""Bad input: status 2, one line that says what to do, and no folder left behind."""

from __future__ import annotations

import pytest

BAD = {
    "missing file": (["train", "salse.csv"], "Did you mean 'sales.csv'?"),
    "missing data set": (["train", "digit"], "Did you mean 'digits'?"),
    "unknown method": (["train", "digits", "--method", "adm"], "Did you mean 'adam'"),
    "unknown field": (["train", "digits", "--method", "adam(epsilon=1e-6)"], "Did you mean 'eps'"),
    "unreadable method": (["train", "digits", "--method", "adam(lr=)"], "cannot read 'adam(lr=)'"),
    "field out of range": (["train", "digits", "--method", "adam(b2=1.2)"], "b2 must be in [0, 1), got 1.2"),
    "rate of zero": (["train", "digits", "--lr", "0"], "lr must be in (0, inf), got 0"),
    "rate that is no number": (["train", "digits", "--lr", "fast"], "--lr fast: a learning rate is a number"),
    "unknown schedule": (["train", "digits", "--lr", "exponentail(0.1, 0.9)"], "Did you mean 'exponential'?"),
    "unknown model": (["train", "digits", "--model", "mpl(10)"], "Did you mean 'mlp'"),
    "unknown augmentation": (["train", "digits", "--augment", "flop"], "Did you mean 'flip'"),
    "augmentation of no images": (["train", "iris", "--augment", "flip"], "--augment changes images"),
    "unknown task": (["train", "digits", "--task", "clasification"], "fallline: --task clasification: must be one of"),
    "unknown loss": (["train", "digits", "--loss", "squared_eror"], "squared_error"),
    "no target": (["train", "sales.csv"], "Pass --target, one of 'size', 'price'"),
    "missing cells": (["train", "unfilled.csv", "--target", "b"], "pass --missing impute or --missing drop"),
    "unknown target": (["train", "sales.csv", "--target", "prise"], "Did you mean 'price'?"),
    "batch of zero": (["train", "digits", "--batch", "0"], "fallline: --batch 0: must be at least 1"),
    "batch that is no number": (["train", "digits", "--batch", "many"], "--batch many: a batch is a whole number"),
    "no epochs": (["train", "digits", "--epochs", "0"], "fallline: --epochs 0: must be at least 1"),
    "epochs that are no number": (["train", "digits", "--epochs", "ten"], "--epochs 'ten': must be a whole number."),
    "loss that is no number": (["train", "digits", "--target-loss", "x"], "--target-loss 'x': must be a number."),
    "seed too large": (["train", "digits", "--seed", str(2**32)], "must be from 0 to 4294967295"),
    "split that is no number": (["train", "digits", "--split", "most,rest"], "--split most,rest: write the shares"),
    "split of two": (["train", "digits", "--split", ".7,.3"], "shares of training, validation and test"),
    "unknown sampling": (
        ["train", "digits", "--sampling", "shufle"],
        "--sampling 'shufle': there is no such choice. Did you mean 'shuffle'",
    ),
    "sampling unlike any": (["train", "digits", "--sampling", "x"], "no such choice. Known: replacement, sequential,"),
    "unknown option": (
        ["train", "digits", "--epoch", "3"],
        "fallline train: there is no option --epoch. Did you mean '--epochs'",
    ),
    "no data": (["train"], "fallline train: Missing argument 'DATA'. See"),
    "too many words": (["train", "digits", "iris"], "iris"),
    "unknown command": (["trian", "digits"], "Did you mean 'train'?"),
    "missing user file": (["train", "mine.py:problem"], "mine.py"),
    "user file with model": (["train", "mine.py:problem", "--model", "linear"], "leave out --model"),
    "folder in use": (["train", "digits", "--epochs", "1", "--out", "full"], "full is not empty"),
    "run to predict with": (["predict", "nowhere", "digits"], "there is no run nowhere"),
    "run to resume": (["resume", "nowhere"], "there is no run nowhere"),
    "folder of runs": (["runs", "nowhere"], "there is no folder nowhere"),
}


@pytest.mark.parametrize(("words", "hint"), BAD.values(), ids=BAD)
def test_bad_input(fallline, workplace, words, hint):
    workplace.joinpath("sales.csv").write_text("size,price\n" + "".join(f"{n},{n * n}.5\n" for n in range(20)))
    workplace.joinpath("unfilled.csv").write_text("a,b\n1,2\n,3\n" + "".join(f"{n},{n * n}.5\n" for n in range(20)))
    workplace.joinpath("full").mkdir()
    workplace.joinpath("full", "letter.txt").touch()
    before = sorted(workplace.rglob("*"))
    ran = fallline(*words)
    assert (ran.status, ran.out.count("results")) == (2, 0)
    line = ran.err.rstrip("\n")
    assert line.startswith(("fallline: ", "fallline train: "))
    assert line.count("fallline: ") + line.count("fallline train: ") == 1
    assert "\n" not in line
    assert hint in line
    assert sorted(workplace.rglob("*")) == before


def test_an_unexpected_error_keeps_its_traceback(fallline, monkeypatch):
    def broken(name: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("fallline.methods.METHODS.find", broken)
    with pytest.raises(ZeroDivisionError):
        fallline("methods", "adam")
