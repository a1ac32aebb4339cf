"""A residual network for small images."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from fallline.problems import initialisation, layers, normalisation
from fallline.problems.model import Model, check_size, image_shape
from fallline.problems.normalisation import Statistics

STAGES = 3


def resnet(blocks: int = 1, width: int = 16) -> Model:
    """Residual blocks in three stages, each of half the image's size and twice the channels of the one before.

    A block is relu(x + f(x)), where f is two 3×3 convolutions with batch normalisation and a ReLU between them. A
    convolution comes before the blocks; the mean over all pixels and a linear layer come after them: 6 · blocks + 2
    layers. A block that changes the shape passes every second pixel of x on, with zeros for the new channels, so that
    the shortcuts have no parameters.

    Source: He, Zhang, Ren & Sun (arXiv:1512.03385), §4.2 and, for the shortcuts, option A of §3.3; weights start as in
    arXiv:1502.01852. Their networks for CIFAR are `resnet(blocks=3)`, ResNet-20, to `resnet(blocks=18)`, ResNet-110.

    Args:
        blocks: blocks in each stage, at least 1.
        width: channels of the first stage, at least 1.

    Example:
        >>> model = resnet(blocks=3)
        >>> params, _ = jax.eval_shape(lambda key: model.init(key, (32, 32, 3), 10), jax.random.key(0))
        >>> sum(leaf.size for leaf in jax.tree.leaves(params))
        269722
    """
    check_size("resnet", "block count", blocks)
    check_size("resnet", "width", width)
    stages = [width << stage for stage in range(STAGES) for _ in range(2 * blocks)]

    def start(key: Any, input_shape: tuple[int, ...], outputs: int) -> tuple[list[layers.Layer], list[Statistics]]:
        colours = image_shape("resnet", input_shape)[2]
        deep = (colours, width, *stages)
        *keys, last = jax.random.split(key, len(deep))
        weights = [
            initialisation.draw(k, (3, 3, a, b), "he") for k, a, b in zip(keys, deep[:-1], deep[1:], strict=True)
        ]
        norms = [normalisation.new(w.shape[-1]) for w in weights]
        units = [{"w": w, **norm} for w, (norm, _) in zip(weights, norms, strict=True)]
        return [*units, layers.new(last, (deep[-1], outputs), "lecun")], [running for _, running in norms]

    def apply(params: list[layers.Layer], state: list[Statistics], x: Any, training: bool = False) -> Any:
        after: list[Statistics] = []

        def unit(x: Any, stride: int = 1) -> Any:
            layer, running = params[len(after)], state[len(after)]
            y, moved = normalisation.batch_norm(layer, running, layers.convolution(layer, x, stride), training)
            after.append(moved)
            return y

        x = jax.nn.relu(unit(x[..., None] if x.ndim == 3 else x))
        for stage in range(STAGES):
            for block in range(blocks):
                stride = 2 if stage and block == 0 else 1
                y = unit(jax.nn.relu(unit(x, stride)))
                x = jax.nn.relu(_shortcut(x, stride, y.shape[-1]) + y)
        return layers.dense(params[-1], x.mean(axis=(1, 2))), after

    return Model(start, apply, stateful=True)


def _shortcut(x: Any, stride: int, channels: int) -> Any:
    """Return every `stride`-th pixel of `x`, with zeros for channels that it lacks."""
    return jnp.pad(x[:, ::stride, ::stride], [(0, 0)] * 3 + [(0, channels - x.shape[-1])])
