"""This installation's registrations at services where people sign in, from the environment."""

from __future__ import annotations

from livinglytics import env


def oauth_apps() -> dict[str, tuple[str, str]]:
    """Provider -> client id and secret; empty texts where nobody can sign in."""
    return {
        "google": (env.text("GOOGLE_CLIENT_ID"), env.text("GOOGLE_CLIENT_SECRET")),
        "meta": (env.text("META_CLIENT_ID"), env.text("META_CLIENT_SECRET")),
    }
