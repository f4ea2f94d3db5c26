"""One file a tab: `build(service)` adds it to the page, with its HTTP endpoints."""
