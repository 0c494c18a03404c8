"""Pages: what people see in a browser, and the one place where trouble becomes a page."""
