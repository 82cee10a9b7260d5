"""The verbs of Hearth. A door asks a service; a service answers with frozen dataclasses or a telling exception."""
