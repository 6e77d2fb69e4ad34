"""The rules of Mundo Tango: one folder a feature, no transport in here."""
