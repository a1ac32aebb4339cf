"""A Flax NNX module with dropout and batch normalisation.

    python examples/flax_nnx.py
    fallline train examples/flax_nnx.py:problem --method "adam(lr=0.001)"

`nnx.split` parts a module into its graph, which is the same for every key, its parameters, which Fallline trains, and
its batch statistics, the model state; `nnx.merge` puts them together inside the loss. Dropout is given its key where it
is called, so that the engine's keys, and not the module's own, decide.
"""

import optax
from flax import nnx

import fallline as fl


class Network(nnx.Module):
    """Two linear layers with batch normalisation and dropout between: images (B, 8, 8) in, logits (B, 10) out."""

    def __init__(self, hidden, rngs):
        self.first = nnx.Linear(64, hidden, rngs=rngs)
        self.norm = nnx.BatchNorm(hidden, rngs=rngs)
        self.dropout = nnx.Dropout(0.2)
        self.head = nnx.Linear(hidden, 10, rngs=rngs)

    def __call__(self, x, key=None):
        x = nnx.relu(self.norm(self.first(x.reshape(len(x), -1))))
        return self.head(self.dropout(x, rngs=key))


def problem(hidden=128):
    """Return the problem: the module on 1,797 handwritten digits."""
    graph = nnx.graphdef(Network(hidden, nnx.Rngs(0)))

    def init(key):
        return nnx.as_pure(nnx.state(Network(hidden, nnx.Rngs(key)), nnx.Param, nnx.BatchStat))

    def loss(params, statistics, batch, key, training):
        model = nnx.merge(graph, params, statistics)
        model.train() if training else model.eval()
        losses = optax.softmax_cross_entropy_with_integer_labels(model(batch.x, key), batch.y)
        return losses, nnx.as_pure(nnx.state(model, nnx.BatchStat))

    def predict(params, statistics, x):
        model = nnx.merge(graph, params, statistics)
        model.eval()
        return model(x)

    digits = fl.problems.for_data("digits")
    return fl.Problem(init, loss, digits.data, digits.metrics, predict, stateful=True, name="flax-nnx")


if __name__ == "__main__":
    record = fl.train(problem(), fl.Adam(lr=1e-3), batch_size=32, epochs=10)
    print(record.outcome, record.test)
