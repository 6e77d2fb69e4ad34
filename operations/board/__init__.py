"""The dashboard: one layout, drawn by CloudWatch and by `mundo dashboard`."""
