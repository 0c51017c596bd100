"""From what somebody types to entries: a name, a call, plain words."""
