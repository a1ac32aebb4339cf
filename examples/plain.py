"""Your own model as a dictionary of arrays: a function that makes it, and a function that gives one loss a row.

    python examples/plain.py
    fallline train examples/plain.py:problem --method "momentum(lr=0.05)"

The data are the ready problem's: split into three parts, and scaled by what the training part says.
"""

import jax
import jax.numpy as jnp
import optax

import fallline as fl


def init(key, hidden=64):
    """Draw the weights as He et al. do, biases at zero."""
    first, second = jax.random.split(key)
    return {
        "w1": jax.random.normal(first, (64, hidden)) * jnp.sqrt(2 / 64),
        "b1": jnp.zeros(hidden),
        "w2": jax.random.normal(second, (hidden, 10)) * jnp.sqrt(2 / hidden),
        "b2": jnp.zeros(10),
    }


def predict(params, x):
    """Return the logits of images (B, 8, 8), in shape (B, 10)."""
    hidden = jax.nn.relu(x.reshape(len(x), -1) @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def loss(params, batch):
    """Return one loss a row, (B,): incomplete batches, weights and micro-batches are then exact."""
    return optax.softmax_cross_entropy_with_integer_labels(predict(params, batch.x), batch.y)


def accuracy(logits, labels):
    """Return the share of right answers over a whole part of the data."""
    return (logits.argmax(axis=1) == labels).mean()


def problem():
    """Return the problem: the functions above on 1,797 handwritten digits."""
    digits = fl.problems.for_data("digits")
    return fl.Problem(init, loss, digits.data, metrics={"accuracy": accuracy}, predict=predict, name="plain")


if __name__ == "__main__":
    record = fl.train(problem(), fl.Momentum(lr=0.05), batch_size=32, epochs=10)
    print(record.outcome, record.test)
