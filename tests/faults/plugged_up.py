"""`manage.py up` with the leaky connector."""

from __future__ import annotations

from django.core.management import call_command

from tests.faults import plugged
from tests.faults.servers import free_port

if __name__ == "__main__":
    assert plugged.app
    call_command("up", "--no-demo", "--port", str(free_port()))
