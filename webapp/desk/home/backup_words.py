"""The last backup and the last drill, in one line of Today: somebody looks after what the coalition holds."""

from flask_babel import gettext

from webapp.extensions import current_settings
from webapp.services.infrastructure import backup_marks
from webapp.ui.filters import date_words


def backup_words() -> str:
    """When a backup was made last, and when one was last opened; nothing where none was made (`check` asks for one)."""
    instance = current_settings().instance
    made, opened = backup_marks.last_backup(instance), backup_marks.last_drill(instance)
    if made is None:
        return ""
    words = gettext("The last backup was made on %(day)s.", day=date_words(made.date()))
    if opened is None:
        drill = gettext(
            "Nobody has checked yet that a backup opens. Please ask the person who looks after the server."
        )
    else:
        drill = gettext(
            "Someone last checked on %(day)s that a backup opens.", day=date_words(opened.date())
        )
    return f"{words} {drill}"
