"""The API's description: who may call, which errors every operation gives, and an example of each."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny

from accounts.authentication import IsMember

_WRITING: Final = {"post", "put", "patch"}
#: status → code, message, details of the example
_ERRORS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "400": ("BAD_REQUEST", "This is not valid JSON.", {}),
    "401": ("AUTHENTICATION_ERROR", "Authentication credentials were not provided.", {}),
    "403": ("AUTHORIZATION_ERROR", "Your role does not allow this. Ask an owner or admin of the team.", {}),
    "404": ("NOT_FOUND", "Not found.", {}),
    "409": ("CONFLICT_ERROR", "This does not fit the current state. Reload and try again.", {}),
    "413": ("TOO_LARGE", "The body is too large. Send it in parts.", {}),
    "422": ("VALIDATION_ERROR", "Some values are not valid.", {"name": ["This field is required."]}),
    "429": ("RATE_LIMIT_EXCEEDED", "Too many requests. Try again in 3 s.", {"retry_after": 3}),
    "500": ("INTERNAL_ERROR", "Something went wrong here. Try again; if it stays, send us the request id.", {}),
    "503": ("SERVICE_UNAVAILABLE", "The database does not answer right now. Try again.", {}),
}
_WORDS: Final = {
    "400": "The request can't be read",
    "401": "Nobody is signed in, or the token is not valid",
    "403": "The role or the token's scopes don't allow this",
    "404": "No such thing in this team",
    "409": "It does not fit the current state",
    "413": "Too large",
    "422": "Some values are not valid; details name the fields",
    "429": "Too many requests; Retry-After says how long to wait",
    "500": "Our fault",
    "503": "Not available right now; try again",
}
_EXAMPLE_ID: Final = "019a8d3e-7c1b-7a55-9d7e-2f6b1c0a4e11"
_ERROR_COMPONENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "The shape of every error.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "stable, for programs"},
                "message": {"type": "string", "description": "what to do next, for people"},
                "details": {"type": "object", "additionalProperties": True, "description": "fields and their messages"},
                "request_id": {"type": "string", "description": "quote it when you ask for help"},
            },
        }
    },
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Access tokens and API tokens."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        words = "An access token of /api/v1/auth/login, or a team's API token (ll_…)."
        return {"type": "http", "scheme": "bearer", "description": words}


class BrowserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The browser's session."""

    target_class = "accounts.authentication.BrowserAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        words = "The browser's session; what changes something also needs the X-CSRFToken header."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": words}


class Schema(AutoSchema):
    """Words come from the view's docstrings; pages of a list by its ``pagination_class``."""

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and part not in {"api", "v1"}]
        return [parts[0]] if parts else ["api"]

    def get_override_parameters(self) -> list[Any]:
        found = list(super().get_override_parameters())
        if any(one is IsMember for one in getattr(self.view, "permission_classes", [])):
            words = "The team by its slug; without it, the token's own or the person's current team."
            found.append(OpenApiParameter("X-Team", str, OpenApiParameter.HEADER, description=words))
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)
        if getattr(handler, "takes_idempotency_key", False):
            words = "A repeat with the same key gets the first answer again, for a day."
            found.append(OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description=words))
        return found

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and any(one is AllowAny for one in getattr(self.view, "permission_classes", [])):
            operation["x-open"] = True
        if operation is not None and not self.path.startswith("/api/"):
            # the same view at an older address: a name of its own
            operation["operationId"] = f"{operation['operationId'].removesuffix('_older')}_older"
        return operation


def describe_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give every operation the error answers that fit it, with the error component and an example."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = _ERROR_COMPONENT
    for path, methods in result.get("paths", {}).items():
        for method, operation in methods.items():
            if isinstance(operation, dict) and "responses" in operation:
                for status in _fitting(path, method, is_open=bool(operation.pop("x-open", False))):
                    operation["responses"].setdefault(status, _answer(status))
    return result


def _fitting(path: str, method: str, *, is_open: bool) -> list[str]:
    fitting = ["401", "429", "500", "503"]
    if not is_open:
        fitting += ["403", "404"]
    if "{" in path:
        fitting.append("404")
    if method in _WRITING:
        fitting += ["400", "403", "409", "413", "422"]
    else:
        fitting += ["409", "422"] if method == "delete" else ["422"]
    return sorted(set(fitting))


def _answer(status: str) -> dict[str, Any]:
    code, message, details = _ERRORS[status]
    example = {"error": {"code": code, "message": message, "details": details, "request_id": _EXAMPLE_ID}}
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "examples": {code: {"value": example}}}
    return {"description": _WORDS[status], "content": {"application/json": content}}
