"""Methods made of methods: chains, clipping, weight decay, paths, accumulation, averages, and optax's own."""

from fallline.core.method import Method
from fallline.core.registry import Registry

COMPOSITIONS: Registry[Method] = Registry(__name__, Method)
