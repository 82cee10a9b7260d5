"""What every form with words needs: autosave, and recovery from a CSRF failure."""
