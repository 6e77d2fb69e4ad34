"""What the config envs deploy, checked: counted, linted, scanned, and one compared with the next."""
