"""Pages for staff: the console on an office screen."""
