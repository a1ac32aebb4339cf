"""The family of gradient-descent methods, one a file."""

from fallline.compose import COMPOSITIONS
from fallline.compose.from_optax import named
from fallline.core.method import Method
from fallline.core.registry import Registry
from fallline.schedules import SCHEDULES

METHODS: Registry[Method] = Registry(__name__, Method, words=(SCHEDULES, COMPOSITIONS), foreign={"optax": named})
