"""Events at the desk: the list, one event with its registrations, messages, attendance and changes."""
