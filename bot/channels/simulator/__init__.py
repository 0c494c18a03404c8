"""The demonstration chat as a channel: nothing leaves this machine."""
