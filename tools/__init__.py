"""Scripts that draw what is committed already: example pictures, and pictures of the page."""
