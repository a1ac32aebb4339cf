"""How another library writes a method: data that `like`, `from_torch`, the documentation and the parity tests read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Settings = dict[str, Any]
"""Fields of our class, by name."""


class Dialect:
    """One library's optimiser in the words of one of our classes.

    Args:
        target: the library's class or function, `"torch.optim.RMSprop"`; for `"paper"`, the publication.
        names: the library's names for our fields, or for a word that only `adapt` reads; several of ours where it has
            one tuple: `{"betas": ("b1", "b2")}`.
            A library's usual names (`betas`, `epsilon`, `learning_rate`) are known without being listed.
        given: options of the library's class that tell this method from others of the same class:
            `{"nesterov": True}`.
        adapt: settings → settings, for what renaming cannot say.
        note: what a reader of the translation should know besides.
        **settings: our fields as that library has them, defaults and forms.
    """

    def __init__(
        self,
        target: str,
        *,
        names: Mapping[str, str | tuple[str, ...]] | None = None,
        given: Mapping[str, Any] | None = None,
        adapt: Callable[[Settings], Settings] | None = None,
        note: str = "",
        **settings: Any,
    ) -> None:
        self.target, self.adapt, self.note = target, adapt, note
        self.names: Mapping[str, str | tuple[str, ...]] = names or {}
        self.given: Mapping[str, Any] = given or {}
        self.settings: Mapping[str, Any] = settings
