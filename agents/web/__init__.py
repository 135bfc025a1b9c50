"""Reading from the web, within an allow-list."""
