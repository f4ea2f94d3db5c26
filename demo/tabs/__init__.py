"""The tabs. Each is a folder: `TITLE`, its `ORDER` among the others on the page, `build(service)`,
which adds it to the page with its HTTP endpoints, and the markup, scripts and styles that it alone
has."""

import importlib
import pkgutil
from types import ModuleType


def tabs() -> list[ModuleType]:
    """All of them, in their order on the page."""
    names = [folder.name for folder in pkgutil.iter_modules(__path__, f"{__name__}.")]
    return sorted(map(importlib.import_module, names), key=lambda tab: tab.ORDER)
