"""A character-level language model: a small transformer that learns to write like a text.

    python examples/char_lm.py [TEXT]
    fallline train examples/char_lm.py:problem --method "adamw(lr=0.002)"

Without a text it reads what every Python carries with it: the chapters of the language reference behind `help()`,
nearly half a million characters of English and code. The first nine tenths train, the rest validates and tests.

A row is a window of characters, and its target the same window one character on. The loss of a row is the mean over its
characters, in nats; perplexity is e to the mean over all of them: of how many equally likely characters a choice would
be as hard. All leaves of the module are arrays, so it is its own tree of parameters.
"""

import pydoc_data.topics
import sys
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.special import log_softmax

import fallline as fl


class Block(eqx.Module):
    """Causal attention and a feed-forward layer, each behind a norm and beside a shortcut: (T, d) → (T, d)."""

    norms: list[eqx.nn.LayerNorm]
    attend: eqx.nn.Linear
    mix: eqx.nn.Linear
    widen: eqx.nn.Linear
    narrow: eqx.nn.Linear
    heads: int = eqx.field(static=True)

    def __init__(self, width, heads, key):
        keys = jax.random.split(key, 4)
        self.norms = [eqx.nn.LayerNorm(width), eqx.nn.LayerNorm(width)]
        self.attend = eqx.nn.Linear(width, 3 * width, key=keys[0])
        self.mix = eqx.nn.Linear(width, width, key=keys[1])
        self.widen = eqx.nn.Linear(width, 4 * width, key=keys[2])
        self.narrow = eqx.nn.Linear(4 * width, width, key=keys[3])
        self.heads = heads

    def __call__(self, x):
        asked = jax.vmap(self.attend)(jax.vmap(self.norms[0])(x)).reshape(len(x), 3, self.heads, -1)
        query, key, value = asked[:, 0], asked[:, 1], asked[:, 2]
        found = jax.nn.dot_product_attention(query, key, value, is_causal=True)
        x = x + jax.vmap(self.mix)(found.reshape(x.shape))
        return x + jax.vmap(lambda row: self.narrow(jax.nn.gelu(self.widen(self.norms[1](row)))))(x)


class Transformer(eqx.Module):
    """Characters (T,) in, logits of the next one at each of them (T, V) out."""

    characters: jax.Array
    positions: jax.Array
    blocks: list[Block]
    norm: eqx.nn.LayerNorm
    head: eqx.nn.Linear

    def __init__(self, size, window, width, layers, heads, key):
        keys = jax.random.split(key, layers + 3)
        self.characters = 0.02 * jax.random.normal(keys[0], (size, width))
        self.positions = 0.02 * jax.random.normal(keys[1], (window, width))
        self.blocks = [Block(width, heads, key) for key in keys[3:]]
        self.norm = eqx.nn.LayerNorm(width)
        self.head = eqx.nn.Linear(width, size, key=keys[2])

    def __call__(self, text):
        x = self.characters[text] + self.positions
        for block in self.blocks:
            x = block(x)
        return jax.vmap(lambda row: self.head(self.norm(row)))(x)


def read(path=None):
    """Return a text as numbers (n,), and the characters (V,) that they stand for."""
    text = Path(path).read_text() if path else "\n".join(pydoc_data.topics.topics.values())
    characters, codes = np.unique(list(text), return_inverse=True)
    return codes.astype(np.int32), characters


def windows(codes, length):
    """Return windows (N, T) and the same one character on; a rest shorter than a window is left out."""
    count = (len(codes) - 1) // length
    x, y = (codes[shift : shift + count * length].reshape(count, length) for shift in (0, 1))
    return x, y


def parts(codes):
    """Return nine tenths of the text for training and half of the rest each for validation and test."""
    return np.split(codes, [9 * len(codes) // 10, 19 * len(codes) // 20])


def perplexity(logits, targets):
    """Return e to the mean, over all characters, of what the true one's likelihood costs in nats."""
    logs = log_softmax(logits, axis=-1)
    return np.exp(-np.mean(np.take_along_axis(logs, targets[..., None], axis=-1), dtype=np.float64))


def predict(model, x):
    """Return the logits of windows (B, T), in shape (B, T, V)."""
    return jax.vmap(model)(x)


def loss(model, batch):
    """Return the mean cross-entropy of each window, (B,)."""
    return optax.softmax_cross_entropy_with_integer_labels(predict(model, batch.x), batch.y).mean(axis=1)


def problem(path=None, window=128, width=128, layers=2, heads=4):
    """Return the problem: a transformer of so many layers on the windows of a text."""
    codes, characters = read(path)
    return fl.Problem(
        init=lambda key: Transformer(len(characters), window, width, layers, heads, key),
        loss=loss,
        data=fl.Data(*(windows(part, window) for part in parts(codes))),
        metrics={"perplexity": perplexity},
        predict=predict,
        name="char-lm",
    )


def counted(train, test, size):
    """Return the perplexity of guessing by how often characters, and pairs of them, occur in the training text."""
    pairs = np.ones((size, size))  # one more than were counted: no pair is impossible
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    single, after = pairs.sum(axis=0) / pairs.sum(), pairs / pairs.sum(axis=1, keepdims=True)
    return np.exp(-np.log(single[test[1:]]).mean()), np.exp(-np.log(after[test[:-1], test[1:]]).mean())


def write(model, start, count, seed=0):
    """Return `count` characters drawn one after the other, each given the window before it."""
    draw = jax.jit(lambda window, key: jax.random.categorical(key, model(window)[-1]))
    window, written = start, []
    for key in jax.random.split(jax.random.key(seed), count):
        written.append(int(draw(window, key)))
        window = jnp.append(window[1:], written[-1])
    return written


def main(path=None, epochs=10):
    """Train, and hold the result against counting; then let the model go on from a text that it has not seen."""
    codes, characters = read(path)
    train, _, test = parts(codes)
    task = problem(path)
    steps = epochs * -(-len(task.data.train.x) // 32)
    record = fl.train(task, fl.AdamW(lr=fl.Cosine(peak=2e-3, steps=steps, warmup=100)), batch_size=32, epochs=epochs)
    for epoch, value in zip(record.epochs["epoch"], record.epochs["val_perplexity"], strict=True):
        print(f"epoch {epoch:2.0f}: perplexity {value:.3f} on the validation part")
    single, pairs = counted(train, test, len(characters))
    print(f"perplexity on the test part: {single:.2f} by counting characters, {pairs:.2f} by counting pairs,")
    print(f"{record.test['perplexity']:.3f} by the transformer after {record.history['seconds'][-1]:.0f} s. It writes:")
    print("".join(characters[write(record.params, task.data.test.x[0], 400)]))


if __name__ == "__main__":
    main(*sys.argv[1:2])
