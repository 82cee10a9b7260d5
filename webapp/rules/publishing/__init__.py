"""The publish checks: what blocks a call or an event from being published."""
