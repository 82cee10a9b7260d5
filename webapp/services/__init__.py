"""The service layer (use cases): called by views, commands and the worker; returns frozen dataclasses or raises."""
