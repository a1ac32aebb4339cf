"""A page whose module is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from fallline.web.site import Site


class Later:
    """The addresses of a module that computes: it brings JAX along, for which no other page is to wait.

    Args:
        module: its full name; it has `routes(site)`, as every page's module.
        site: what the pages share.
    """

    def __init__(self, module: str, site: Site) -> None:
        self._module = module
        self._site = site
        self._router: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by the module's routes."""
        if self._router is None:
            self._router = Router(await run_in_threadpool(self._routes))
        await self._router(scope, receive, send)

    def _routes(self) -> list[Route]:
        found: list[Route] = import_module(self._module).routes(self._site)
        return found
