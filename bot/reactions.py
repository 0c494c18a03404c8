"""What follows from what, across packages. One glance shows every consequence."""

from core.transaction import Reactions

REACTIONS: Reactions = {}
