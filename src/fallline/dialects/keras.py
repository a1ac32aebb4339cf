"""The words of keras.optimizers."""

from __future__ import annotations

from fallline.compose.accumulate import Accumulate
from fallline.compose.average import Average
from fallline.compose.chain import chain
from fallline.compose.clip_norm import ClipNorm
from fallline.compose.clip_value import ClipValue
from fallline.compose.weight_decay import WeightDecay
from fallline.core.dialect import Dialect
from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.node import Node, hypers
from fallline.dialects.vocabulary import Only, Options, Vocabulary
from fallline.schedules.warmup import Warmup


def wrap(method: Method, options: Options, dialect: Dialect) -> Method:
    """Return the method as Keras works: gather, clip, decay, step, average."""
    every, averaged = options["gradient_accumulation_steps"], options["use_ema"]
    if every and averaged:
        raise InvalidValue(
            f"{dialect.target}(gradient_accumulation_steps={every}, use_ema=True): Keras averages the weights at every "
            f"batch, also at those that move nothing. Leave one of the two out."
        )
    if every and any(isinstance(getattr(method, name), Node) for name in hypers(type(method))):
        raise InvalidValue(
            f"{dialect.target}(gradient_accumulation_steps={every}): Keras's schedules go on at every batch, those "
            f"here at every step. Write fl.Accumulate({method!r}, every={every}) with the schedule in steps."
        )
    if options["weight_decay"]:
        method = WeightDecay(method, options["weight_decay"], form="decoupled", on="all")
    if clips := _clips(options):
        method = chain(*clips, method)
    if every:
        method = Accumulate(method, every=every)
    if averaged:
        # Keras's average starts as the weights after the first step, which keep none of what was before.
        method = Average(method, decay=Warmup(options["ema_momentum"], steps=1, start=0.0))
    return method


def _clips(options: Options) -> list[Method]:
    """Return what clips the gradient: at most one, as in Keras."""
    clips: list[Method] = []
    if options["clipnorm"]:
        clips.append(ClipNorm(options["clipnorm"], over="each"))
    if options["global_clipnorm"]:
        clips.append(ClipNorm(options["global_clipnorm"], over="all"))
    if options["clipvalue"]:
        clips.append(ClipValue(options["clipvalue"]))
    if len(clips) > 1:
        raise InvalidValue("Keras takes one of clipnorm, global_clipnorm and clipvalue: give one, or chain them.")
    return clips


BY_NAME = "it chooses variables by their names, as fl.by_path does"

KERAS = Vocabulary(
    names={
        "learning_rate": "lr",
        "beta_1": "b1",
        "beta_2": "b2",
        "epsilon": "eps",
        "weight_decay": "weight_decay",
    },
    silent=frozenset({"name", "relative_step"}),  # Adafactor takes the smaller rate whatever relative_step says
    only={
        "loss_scale_factor": Only(
            (None,), "the loss is not scaled here: gradients are in at least float32 in the rule"
        ),
        "exclude_layers": Only((None, []), BY_NAME),
        "exclude_embeddings": Only((True,), BY_NAME),
        "ema_overwrite_frequency": Only((None,), "the average is reported, and never put in the weights' place"),
    },
    around={
        "weight_decay": None,
        "clipnorm": None,
        "global_clipnorm": None,
        "clipvalue": None,
        "use_ema": False,
        "ema_momentum": 0.99,
        "gradient_accumulation_steps": None,
    },
    wrap=wrap,
    none_is={"weight_decay": 0.0},
)
