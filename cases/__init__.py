"""What residents ask for, from the first word to a confirmed end."""
