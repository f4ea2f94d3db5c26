"""The tabs, in their order on the page. A tab is a folder: `TITLE`, `build(service)`, which adds it
to the page with its HTTP endpoints, and the markup, scripts and styles that it alone has."""

from demo.tabs import classify, compare, curves, generate, trust

TABS = (classify, generate, compare, trust, curves)
