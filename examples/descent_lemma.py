"""The descent lemma and its limit: f(x − α g) falls by α ‖g‖², as long as α is small.

    python examples/descent_lemma.py [FOLDER]

Taylor: f(x − α g) = f(x) − α ‖g‖² + α²/2 gᵀHg + …, so the decrease that happened over the decrease that was predicted
is 1 − α/2 · gᵀHg / ‖g‖². On f = 5x² it is 1 − 5α: half of what was promised at α = 0.1, nothing at α = 0.2, and
beyond that the step leads upwards, however large the gradient is. On a network the second derivative along the
gradient says the same until the third one is felt. It is never more than the sharpness λmax; so α < 2/λmax is safe,
and the limit is farther.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines


def network():
    """Return the mean loss of a network on the digits, a function of its parameters, and the parameters."""
    digits = fl.problems.for_data("digits", model="mlp(32, activation=tanh)")
    return lambda params: digits.loss(params, digits.data.train).mean(), digits.init(jax.random.key(0))


def parabola():
    """Return f = 5x², which the texts say any α below 1 descends."""
    return lambda x: 5 * x**2, jnp.float32(1.0)


def along(f, x):
    """Return ‖g‖², the second derivative of f along g, divided by ‖g‖², and f(x − α g) as a function of α."""
    g = fl.gradient(f)(x)
    product = jax.jvp(jax.grad(f), (x,), (g,))[1]
    square, bent = dot(g, g), dot(g, product)
    return square, bent / square, jax.jit(lambda alpha: f(jax.tree.map(lambda p, s: p - alpha * s, x, g)))


def dot(a, b):
    """Return the inner product of two pytrees."""
    return sum(float((one * two).sum()) for one, two in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def ratios(f, x, places):
    """Return α, the decrease that happened over the one that was predicted there, and the curvature along g.

    `places` are the values of α times that curvature.
    """
    square, bend, after = along(f, x)
    alphas = places / bend
    return alphas, np.array([float(f(x) - after(alpha)) / (alpha * square) for alpha in alphas]), bend


def main(folder="."):
    """Print where the promise is half kept, and where it is broken, and draw the ratio over α."""
    places = np.linspace(0.15, 3, 58)
    curves = {}
    print("| function | curvature along g | ratio at α = 1/that | α at which nothing is gained | 2/that |")
    print("|---|---|---|---|---|")
    for name, (f, x) in {"5x²": parabola(), "a network": network()}.items():
        alphas, ratio, bend = ratios(f, x, places)
        curves[name] = np.stack([places, ratio], axis=1)
        half, nothing = np.interp(1 / bend, alphas, ratio), np.interp(0, -ratio, alphas)
        gained = f"{nothing:.3g}" if ratio[-1] < 0 else "beyond the picture"
        print(f"| {name} | {bend:.3g} | {half:.2f} | {gained} | {2 / bend:.3g} |")
    names = ("α · curvature along g", "decrease / predicted")
    Figure(lines(curves, names)).save(Path(folder) / "descent-lemma.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
