"""The demo workspace: somebody to sign in as, so that everything can be tried at once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction

from accounts.actions.teams import create_team
from accounts.models import Team, User

DEMO_ADDRESS: Final = "demo@livinglytics.local"
_KEPT_IN: Final = "demo-login.txt"


@dataclass(frozen=True)
class DemoLogin:
    """How to get into the demo team."""

    email: str
    password: str
    team: Team


@transaction.atomic
def offer_demo() -> DemoLogin:
    """The demo person and team, made at the first call; the password stays in the data folder (mode 600)."""
    user = User.objects.filter(email=DEMO_ADDRESS).first()
    if user is None:
        user = User.objects.create_user(DEMO_ADDRESS, None, name="Demo")
    password = _kept_password()
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
    team = Team.objects.filter(is_demo=True, memberships__user=user).first()
    if team is None:
        team = create_team(by=user, name="Demo", time_zone="Europe/Berlin", is_demo=True)
    return DemoLogin(user.email, password, team)


def _kept_password() -> str:
    path = Path(settings.DATA_DIR) / _KEPT_IN
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("password: "):
                return line.removeprefix("password: ").strip()
    password = secrets.token_urlsafe(12)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(f"e-mail: {DEMO_ADDRESS}\npassword: {password}\n", encoding="utf-8")
    return password
