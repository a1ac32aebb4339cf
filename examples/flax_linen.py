"""A Flax Linen module with dropout and batch normalisation.

    python examples/flax_linen.py
    fallline train examples/flax_linen.py:problem --method "adam(lr=0.001)"

A Linen module keeps no arrays: `init` makes its collections, and `apply` takes them. The collection `params` is what
Fallline trains, `batch_stats` the model state, which `mutable=["batch_stats"]` hands back changed.
"""

import flax.linen as nn
import jax.numpy as jnp
import optax

import fallline as fl


class Network(nn.Module):
    """Two dense layers with batch normalisation and dropout between: images (B, 8, 8) in, logits (B, 10) out."""

    hidden: int

    @nn.compact
    def __call__(self, x, training):
        x = nn.Dense(self.hidden)(x.reshape(len(x), -1))
        x = nn.relu(nn.BatchNorm(use_running_average=not training)(x))
        return nn.Dense(10)(nn.Dropout(0.2, deterministic=not training)(x))


def problem(hidden=128):
    """Return the problem: the module on 1,797 handwritten digits."""
    model = Network(hidden)

    def init(key):
        collections = model.init(key, jnp.zeros((1, 8, 8)), training=False)
        return collections["params"], collections["batch_stats"]

    def loss(params, statistics, batch, key, training):
        collections = {"params": params, "batch_stats": statistics}
        logits, changed = model.apply(collections, batch.x, training, mutable=["batch_stats"], rngs={"dropout": key})
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch.y), changed["batch_stats"]

    def predict(params, statistics, x):
        return model.apply({"params": params, "batch_stats": statistics}, x, training=False)

    digits = fl.problems.for_data("digits")
    return fl.Problem(init, loss, digits.data, digits.metrics, predict, stateful=True, name="flax-linen")


if __name__ == "__main__":
    record = fl.train(problem(), fl.Adam(lr=1e-3), batch_size=32, epochs=10)
    print(record.outcome, record.test)
