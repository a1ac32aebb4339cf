"""The libraries that the methods can be told in."""

from __future__ import annotations

from collections.abc import Mapping

from fallline.dialects.keras import KERAS
from fallline.dialects.optax import OPTAX
from fallline.dialects.paper import PAPER
from fallline.dialects.torch import TORCH
from fallline.dialects.vocabulary import Vocabulary

LIBRARIES: Mapping[str, Vocabulary] = {"torch": TORCH, "keras": KERAS, "optax": OPTAX, "paper": PAPER}
"""A library's name, as in `like(library)` → its words."""
