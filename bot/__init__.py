"""The only package that knows channels, pages and processes."""
