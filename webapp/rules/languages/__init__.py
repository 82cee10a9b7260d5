"""Languages: those of this site, any that a participant speaks, and translations as files and fingerprints."""
