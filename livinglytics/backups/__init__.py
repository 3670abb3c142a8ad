"""Everything that is stored, copied while it is in use: `manage.py backup` and `manage.py restore`."""
