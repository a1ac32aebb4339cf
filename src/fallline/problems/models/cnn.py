"""A convolutional network for images."""

from __future__ import annotations

from typing import Any

import jax

from fallline.core.errors import InvalidValue
from fallline.problems import activations, initialisation, layers
from fallline.problems.model import Model, check_size, image_shape


def cnn(
    *channels: int,
    kernel: int = 3,
    dense: int = 64,
    activation: str = "relu",
    dropout: float = 0.0,
    init: str = "auto",
) -> Model:
    """Convolutions, each followed by the activation and 2×2 max pooling; then a dense layer and a linear output layer.

    `cnn(32, 64, kernel=5, dense=1024)` is the network of two convolutions and two dense layers of many tutorials.

    Args:
        channels: output channels of each convolution, at least 1; every one halves the image.
        kernel: pixels along a side of the filters, at least 1.
        dense: neurons of the dense layer, at least 1.
        activation: the function after every layer but the last; see `fallline.problems.activations`.
        dropout: the share of the dense layer's outputs that is set to 0 in every step, in [0, 1).
        init: as for `mlp`.

    Example:
        >>> import jax
        >>> model = cnn(4, 8)
        >>> params = jax.eval_shape(lambda key: model.init(key, (28, 28), 10), jax.random.key(0))
        >>> [layer["w"].shape for layer in params]
        [(3, 3, 1, 4), (3, 3, 4, 8), (392, 64), (64, 10)]
    """
    if not channels:
        raise InvalidValue("cnn(): give the channels of each convolution, as in cnn(32, 64); without any, use mlp.")
    for channel in channels:
        check_size("cnn", "channel count", channel)
    check_size("cnn", "kernel", kernel)
    check_size("cnn", "dense width", dense)
    layers.check_rate("cnn", dropout)
    initialisation.check(init)
    function, suited = activations.find(activation)
    hidden, output = (suited, "lecun") if init == initialisation.AUTO else (init, init)

    def start(key: Any, input_shape: tuple[int, ...], outputs: int) -> list[layers.Layer]:
        height, width, colours = _halvable(input_shape, len(channels))
        pixels = (height >> len(channels)) * (width >> len(channels))
        deep = (colours, *channels)
        shapes: list[tuple[int, ...]] = [(kernel, kernel, a, b) for a, b in zip(deep, channels, strict=False)]
        shapes += [(pixels * channels[-1], dense), (dense, outputs)]
        keys = jax.random.split(key, len(shapes))
        schemes = [hidden] * (len(shapes) - 1) + [output]
        return [layers.new(k, shape, scheme) for k, shape, scheme in zip(keys, shapes, schemes, strict=True)]

    def apply(params: list[layers.Layer], x: Any, key: Any = None) -> Any:
        x = x[..., None] if x.ndim == 3 else x
        for layer in params[:-2]:
            x = layers.max_pool(function(layers.convolution(layer, x)))
        x = function(layers.dense(params[-2], layers.flatten(x)))
        return layers.dense(params[-1], layers.dropout(x, dropout, key))

    return Model(start, apply, random=dropout > 0)


def _halvable(input_shape: tuple[int, ...], halvings: int) -> tuple[int, int, int]:
    """Return (height, width, colours), or refuse rows that are no images or too small ones."""
    height, width, colours = image_shape("cnn", input_shape)
    if min(height, width) >> halvings == 0:
        most = min(height, width).bit_length() - 1
        raise InvalidValue(
            f"cnn: {halvings} convolutions halve an image of {height}×{width} pixels to nothing; use at most {most}."
        )
    return height, width, colours
