"""People."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from accounts.models.base import Stamped


class UserManager(BaseUserManager["User"]):
    """Makes users; addresses are kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person who signs in with this address. Without a password they can't sign in yet."""
        if not email:
            raise ValueError("An e-mail address is needed.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person with every right in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(Stamped, AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail.

    ``token_version`` is part of every access token: raising it ends them all at once.
    """

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May use the admin.")
    current_team = models.ForeignKey("accounts.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    token_version = models.PositiveIntegerField(default=0, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]
        ordering = ["email"]

    def __str__(self) -> str:
        return self.email

    @property
    def display_name(self) -> str:
        """The name, or the part of the address before the @."""
        return self.name or self.email.split("@")[0]
