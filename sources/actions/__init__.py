"""Writes of the sources floor: connect, sync, run, receive, upload, schedule, remove."""
