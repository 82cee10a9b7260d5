"""Languages: those of this site, those that participants speak, and translations as files and fingerprints."""
