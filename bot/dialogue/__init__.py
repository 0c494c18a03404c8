"""What the bot answers: an ordered table of routes, one file a matter."""
