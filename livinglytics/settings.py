"""All settings, read from the environment by typed helpers. docs/settings.md lists each."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

from livinglytics import env
from livinglytics.admin_look import UNFOLD  # noqa: F401 - a setting of the admin's theme
from livinglytics.providers import oauth_apps

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "data")
SCRATCH_DIR = env.path("SCRATCH_DIR", DATA_DIR / "scratch")
VERSION = "0.1.0"

# --- mode ---------------------------------------------------------------------------------

REDIS_URL = env.text("REDIS_URL")
DATABASE_URL = env.text("DATABASE_URL")
#: everything in one process on SQLite; PostgreSQL and Redis take over by their URLs alone
EMBEDDED = not REDIS_URL
DEBUG = env.boolean("DEBUG")
ROLE = env.text("LIVINGLYTICS_ROLE", "all")


def _kept_secret(name: str, make: Callable[[], str]) -> str:
    """The secret from the environment, or one made once and kept in the data folder (mode 600)."""
    given = env.text(name)
    if given:
        return given
    if not EMBEDDED:
        raise ImproperlyConfigured(f"{name} must be set when REDIS_URL is: every process needs the same one.")
    kept = DATA_DIR / f"{name.lower()}.key"
    if not kept.exists():
        _write_once(kept, make())
    return kept.read_text(encoding="utf-8").strip()


def _write_once(path: Path, text: str) -> None:
    """The file appears whole or not at all; of two first starts at once, one's text stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_suffix(f".{os.getpid()}")
    mine.touch(mode=0o600)
    mine.write_text(text, encoding="utf-8")
    try:
        os.link(mine, path)
    except FileExistsError:
        pass
    finally:
        mine.unlink()


SECRET_KEY = _kept_secret("SECRET_KEY", get_random_secret_key)
#: the first seals, all open: put a new one in front, run `manage.py rotate_keys`, drop the old one
SEALING_KEYS = env.words("SEALING_KEYS") or [_kept_secret("SEALING_KEY", lambda: Fernet.generate_key().decode())]

PUBLIC_URL = env.text("PUBLIC_URL")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", PUBLIC_URL if PUBLIC_URL.startswith("https") else "")
HTTPS = env.boolean("HTTPS", PUBLIC_URL.startswith("https"))
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
#: host:port pairs on private networks, and folders with git repositories, that sources may reach (default: none)
ALLOWED_PRIVATE_HOSTS = frozenset(env.words("ALLOWED_PRIVATE_HOSTS"))
GIT_LOCAL_ROOTS = tuple(Path(one).expanduser().resolve() for one in env.words("GIT_LOCAL_ROOTS"))
#: programs that sources of the kind singer may run, by name (default: none)
SINGER_TAPS = env.programs("SINGER_TAPS")
#: this installation's registrations at services where people sign in with an account
OAUTH_APPS = oauth_apps()
DEMO_ENABLED = env.boolean("DEMO_ENABLED", EMBEDDED)
SIGN_UP_OPEN = env.boolean("SIGN_UP_OPEN", True)

# --- apps ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django_htmx",
    "channels",
    "livinglytics",
    "accounts",
    "sources",
    "metrics",
    "insights",
]

MIDDLEWARE = [
    "accounts.middleware.RequestId",
    "accounts.programs.ProgramsFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.middleware.SecurityHeaders",
    "accounts.programs.CrossOrigin",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.CurrentTeam",
    "livinglytics.pages.ProductErrors",
]

ROOT_URLCONF = "livinglytics.urls"
ASGI_APPLICATION = "livinglytics.asgi.application"
WSGI_APPLICATION = "livinglytics.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "livinglytics.navigation.navigation",
            ],
            "builtins": ["metrics.templatetags.figures", "metrics.templatetags.charts"],
        },
    },
]

# --- database -----------------------------------------------------------------------------

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;"
    "PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=27103364;PRAGMA cache_size=-20000;"
)


def _database() -> dict[str, Any]:
    if not DATABASE_URL:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        return _sqlite(str(env.path("SQLITE_PATH", DATA_DIR / "livinglytics.sqlite3")))
    parsed: dict[str, Any] = environ.Env.db_url_config(DATABASE_URL)
    if parsed["ENGINE"].endswith("sqlite3"):
        return _sqlite(parsed["NAME"])
    if not parsed["ENGINE"].endswith("postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres:// or sqlite:///.")
    parsed["CONN_MAX_AGE"] = env.integer("DATABASE_CONN_MAX_AGE", 0 if ROLE in {"all", "sockets"} else 600)
    # a check is one more round trip in every request; without it, each web thread answers 503 once after a restart
    parsed["CONN_HEALTH_CHECKS"] = env.boolean("DATABASE_HEALTH_CHECKS", ROLE != "web")
    parsed.setdefault("OPTIONS", {})
    if env.boolean("DATABASE_POOL", ROLE in {"all", "sockets"}):
        parsed["CONN_MAX_AGE"] = 0
        parsed["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.integer("DATABASE_POOL_SIZE", 12, minimum=1)}
    return parsed


def _sqlite(name: str) -> dict[str, Any]:
    # A deferred transaction that reads and then writes fails at once with "database is locked":
    # only IMMEDIATE makes it wait its turn.
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": _SQLITE_PRAGMAS},
    }


DATABASES = {"default": _database()}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # tests with worker threads and server processes need a file, not shared memory
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / f"test-{env.text('TEST_DATABASE', 'db')}.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "ll"}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 10_000}}
    )
}

# --- people -------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {"signup": "accounts.forms.SignUpForm"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.integer("ACCESS_TOKEN_MINUTES", 30, minimum=1))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.integer("REFRESH_TOKEN_DAYS", 7, minimum=1))
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "ALGORITHM": "HS256",
    "AUDIENCE": "livinglytics",
    "ISSUER": "livinglytics",
    "USER_ID_FIELD": "id",
    "USER_ID_CLAIM": "sub",
    "UPDATE_LAST_LOGIN": False,
    "TOKEN_TYPE_CLAIM": "typ",
}

# --- API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.authentication.IsMember"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.rendering.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.rendering.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "accounts.paging.NumberedPages",
    "DEFAULT_THROTTLE_CLASSES": ["accounts.throttling.ClassThrottle"],
    "DEFAULT_SCHEMA_CLASS": "livinglytics.openapi.Schema",
    "EXCEPTION_HANDLER": "livinglytics.api.answer_error",
    "PAGE_SIZE": 20,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DATETIME_FORMAT": "iso-8601",
    "COERCE_DECIMAL_TO_STRING": True,
}
#: requests per window and class of endpoint, for each token, user or address
RATE_LIMITS = {
    "auth": env.text("RATE_LIMIT_AUTH", "20/minute"),
    "read": env.text("RATE_LIMIT_READ", "1200/minute"),
    "write": env.text("RATE_LIMIT_WRITE", "240/minute"),
    "ingest": env.text("RATE_LIMIT_INGEST", "1200/minute"),
    "export": env.text("RATE_LIMIT_EXPORT", "60/minute"),
}
MAX_BODY_BYTES = env.integer("MAX_BODY_BYTES", 20_000_000, minimum=1_000)
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", 1_000_000_000, minimum=1_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
#: a mapping form has several fields for each of up to 500 columns
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
FILE_UPLOAD_TEMP_DIR = None

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Living Lytics API",
    "DESCRIPTION": "What customers say, what the business does, what engineers ship: one API over the same numbers.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "CatchUpEnum": [("once", "Run once"), ("skip", "Skip")],
        "MetricKindEnum": "metrics.models.Kind",
        "JobKindEnum": "sources.models.JobKind",
        "ProjectStatusEnum": "sources.models.ProjectStatus",
        "ScrapeStatusEnum": "sources.api.project_shapes.SCRAPE_STATUSES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "livinglytics.openapi.describe_errors",
    ],
}

CORS_ALLOWED_ORIGINS = env.words("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/(api|v1|auth|users|agents|tasks|analytics|health).*$"
CORS_EXPOSE_HEADERS = ["X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy"]

# --- security -----------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = env.boolean("SSL_REDIRECT", HTTPS)
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "livinglytics.pages.csrf_failure"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- jobs ---------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {"visibility_timeout": 3600} if REDIS_URL else {"polling_interval": 0.05}
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
#: seconds a worker owns a job without a sign of life
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 30, minimum=2)
RAW_RETENTION_DAYS = env.integer("RAW_RETENTION_DAYS", 30, minimum=1)

CHANNEL_LAYERS: dict[str, dict[str, Any]] = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# --- files, language, logs ----------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", BASE_DIR / "build" / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
WHITENOISE_AUTOREFRESH = DEBUG
#: fingerprints in file names; the container image is built with them
STATIC_MANIFEST = env.boolean("STATIC_MANIFEST", (STATIC_ROOT / "staticfiles.json").exists())
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_MANIFEST
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
MEDIA_ROOT = env.path("FILES_DIR", DATA_DIR / "files")

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if env.text("EMAIL_URL"):
    vars().update(environ.Env.email_url_config(env.text("EMAIL_URL")))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Living Lytics <noreply@localhost>")

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "accounts.logs.RequestIdFilter"}, "redact": {"()": "accounts.logs.RedactFilter"}},
    "formatters": {"line": {"()": "accounts.logs.LineFormatter"}, "json": {"()": "accounts.logs.JsonFormatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "redact"],
            "formatter": "line" if EMBEDDED else "json",
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO" if not EMBEDDED else "WARNING")},
    "loggers": {
        "livinglytics": {"level": env.text("LOG_LEVEL", "INFO")},
        "django.server": {"level": "WARNING"},
    },
}
