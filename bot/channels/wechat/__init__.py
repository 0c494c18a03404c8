"""WeChat official accounts (公众号): webhook, client and transport."""
