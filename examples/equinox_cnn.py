"""An Equinox module with dropout and batch normalisation.

    python examples/equinox_cnn.py
    fallline train examples/equinox_cnn.py:problem --method "adam(lr=0.001)"

Three things are said once, in `problem`:

- A module is a tree of weights and of everything else: sizes, rates, activation functions. `eqx.partition` parts them;
  the weights are what Fallline trains, the rest is the same for every key and is put back by `eqx.combine`.
- The running statistics of batch normalisation are the model state: `stateful=True`.
- A loss that takes `key` gets a fresh one each step; one that takes `training` is told whether this is a step.
"""

import equinox as eqx
import jax
import optax

import fallline as fl


class CNN(eqx.Module):
    """Convolution, batch normalisation, dropout and a linear layer: one image (8, 8) in, ten logits out."""

    convolution: eqx.nn.Conv2d
    norm: eqx.nn.BatchNorm
    dropout: eqx.nn.Dropout
    head: eqx.nn.Linear

    def __init__(self, channels, key):
        first, second = jax.random.split(key)
        self.convolution = eqx.nn.Conv2d(1, channels, kernel_size=3, stride=2, padding=1, key=first)
        self.norm = eqx.nn.BatchNorm(channels, axis_name="batch", mode="batch")
        self.dropout = eqx.nn.Dropout(0.2)
        self.head = eqx.nn.Linear(16 * channels, 10, key=second)

    def __call__(self, x, state, key):
        x, state = self.norm(self.convolution(x[None]), state)
        x = self.dropout(jax.nn.relu(x).ravel(), key=key)
        return self.head(x), state


def problem(channels=16):
    """Return the problem: the module on 1,797 handwritten digits."""

    def make(key):
        model, state = eqx.nn.make_with_state(CNN)(channels, key)
        weights, rest = eqx.partition(model, eqx.is_inexact_array)
        return weights, rest, state

    _, rest, _ = make(jax.random.key(0))

    def init(key):
        weights, _, state = make(key)
        return weights, state

    def forward(weights, state, x, key, training):
        model = eqx.nn.inference_mode(eqx.combine(weights, rest), not training)
        keys = jax.random.split(key, len(x))
        return jax.vmap(model, axis_name="batch", in_axes=(0, None, 0), out_axes=(0, None))(x, state, keys)

    def loss(weights, state, batch, key, training):
        logits, state = forward(weights, state, batch.x, key, training)
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch.y), state

    def predict(weights, state, x):
        return forward(weights, state, x, jax.random.key(0), training=False)[0]

    digits = fl.problems.for_data("digits")
    return fl.Problem(init, loss, digits.data, digits.metrics, predict, stateful=True, name="equinox-cnn")


if __name__ == "__main__":
    record = fl.train(problem(), fl.Adam(lr=1e-3), batch_size=32, epochs=10)
    print(record.outcome, record.test)
