"""Local stand-ins for the services we read, faithful down to their bad habits."""
