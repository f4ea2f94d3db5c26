"""The example pictures of the page, all drawn by the project itself."""
