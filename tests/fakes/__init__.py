"""Stand-ins for what lies outside: real servers on loopback that misbehave when told to."""
