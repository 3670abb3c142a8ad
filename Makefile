PY := .venv/bin/python
APPS := accounts sources metrics insights livinglytics
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run demo test check static lint types imports templates migrations deploy cover bench fmt docs lock venv

help: ## print this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

venv: ## make .venv with everything that tests and checks need
	@sh -c '. .ci/venv.sh; prepare requirements.txt requirements-dev.txt'

run: ## start everything in one process on this computer (same as ./run)
	@./run

demo: ## the same in a new, empty folder, with the demo team, and open the browser
	@DATA_DIR=$$(mktemp -d) ./run --open

test: ## all tests on SQLite, without any server (same as ./test)
	@./test

check: static cover ## what must pass before a change is merged

static: lint types imports templates migrations deploy ## every check that runs no test

lint: venv ## ruff: rules and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: venv ## mypy, strict
	$(PY) -m mypy $(APPS)

imports: venv ## the floors of the house: who may import whom
	.venv/bin/lint-imports

templates: venv ## djlint over the templates
	.venv/bin/djlint templates --lint --quiet

migrations: venv ## models and migrations agree
	$(PY) manage.py makemigrations --check --dry-run

deploy: venv ## Django's own check of a production configuration
	DEBUG=0 SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') \
	ALLOWED_HOSTS=example.org PUBLIC_URL=https://example.org \
	$(PY) manage.py check --deploy --fail-level WARNING

cover: venv ## tests with coverage; fails below the figure in pyproject.toml
	$(PY) -m pytest -q -n 2 --dist loadfile --cov --cov-report=term:skip-covered

bench: ## measure speed and size against other ways of doing the same; prints tables
	@sh -c '. .ci/venv.sh; prepare requirements.txt requirements-dev.txt requirements-bench.txt'
	$(PY) -m bench

fmt: venv ## rewrite the code the way `make lint` wants it
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: venv ## check that the documentation is complete and its links lead somewhere
	$(PY) -m pytest -q tests/house/test_documentation.py

lock: venv ## pin every package again from the requirements*.in files
	.venv/bin/uv pip compile requirements.in --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements.txt
	.venv/bin/uv pip compile requirements-dev.in --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-dev.txt
	.venv/bin/uv pip compile requirements-bench.in --universal --python-version 3.11 --no-strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q -o requirements-bench.txt
