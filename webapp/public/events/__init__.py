"""The pages of one event: registration (booking), and the registrant's own page."""
