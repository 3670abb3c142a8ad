"""Everything in one process: pages, sockets, jobs and their clock. `manage.py up` starts it."""
