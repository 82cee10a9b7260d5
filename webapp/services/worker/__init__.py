"""The worker: periodic chores and mail delivery over SMTP. It alone opens mail parameters."""
