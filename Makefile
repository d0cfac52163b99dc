# `make help` lists what there is to do. Everything runs in $(VENV), made when it is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The gate stops at its first failure, and its steps print in order.
.NOTPARALLEL:

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
APPS := accounts ai backoffice backups cassandre chat common documents evaluation theme
# Version 2 where there is one, else docker-compose 1.29.
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
SCRIPTS := start_all.sh .ci/run $(wildcard scripts/*.sh)
TEMPLATES = $(shell git ls-files '*/templates/*.html')
# Files side by side, in their order: the long ones are not the last. Redis has room for eight.
SIDE_BY_SIDE = -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
say = @printf '\n\033[1m== %s\033[0m\n' '$(1)'

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 16

# --- run ---------------------------------------------------------------------------------------
.PHONY: install run dev migrate reindex celery docker status stop bench
install: $(VENV)/installed-dev.txt ## make .venv and install everything, tools included

run: ## start Cassandre as start_all.sh does
	@./start_all.sh

dev: install ## run with autoreload, and rebuild the CSS at each change
	@DJANGO_SETTINGS_MODULE=cassandre.dev_settings $(MANAGE) prepare
	@npm --prefix theme/static_src install --no-save --silent --no-audit --no-fund
	@npm --prefix theme/static_src start & trap "kill $$!" EXIT; \
	DJANGO_SETTINGS_MODULE=cassandre.dev_settings $(BIN)/uvicorn cassandre.asgi:application \
	--port "$${PORT:-8000}" --reload $(APPS:%=--reload-dir %) --reload-include '*.html'

migrate: install ## bring the database up to date
	@$(MANAGE) migrate

reindex: install ## write the index anew in its place; ARGS=--new-generation: a new one beside it
	@$(MANAGE) reindex $(ARGS)

celery: install ## run a worker of all queues, and beat (CELERY_BROKER_URL names the broker)
	@$(BIN)/celery -A cassandre worker --beat --loglevel INFO

docker: ## run Cassandre here, with PostgreSQL, Redis, MinIO and Qdrant in containers (.env has secrets)
	@$(COMPOSE) --profile services up --detach
	@until $(COMPOSE) --profile services exec -T db pg_isready --quiet; do sleep 1; done
	@DB_HOST=127.0.0.1 DB_PORT=5432 QDRANT_URL=http://127.0.0.1:6333 MINIO_URL=http://127.0.0.1:9000 \
	CHANNEL_REDIS=redis://127.0.0.1:6379/0 CELERY_BROKER_URL=redis://127.0.0.1:6379/1 ./start_all.sh

status: ## show the processes that start_all.sh looks after (with CELERY_BROKER_URL)
	@$(BIN)/python -m scripts.start status

stop: ## end the Cassandre that runs on CASSANDRE_DATA
	@$(BIN)/python -m scripts.start stop

bench: install ## print streaming figures, and with DATA=folder those of retrieval
	@if [ -n "$(DATA)" ]; then $(BIN)/python -m bench.retrieval --data "$(DATA)" --json; fi
	@$(BIN)/python -m bench.streaming --json

# --- test --------------------------------------------------------------------------------------
.PHONY: test test-services
test: install chromium ## run the whole suite
	$(call say,tests)
	@$(BIN)/pytest $(SIDE_BY_SIDE)

test-services: install chromium ## run the whole suite on PostgreSQL, Redis and S3
	$(call say,tests on services)
	@$(BIN)/python -m scripts.services run $(BIN)/pytest $(SIDE_BY_SIDE) -m "not once"

.PHONY: chromium gettext
chromium gettext:
	@scripts/provide.sh $@

# --- the gate ----------------------------------------------------------------------------------
.PHONY: check fmt format lint types contracts templates shell dockerfile migrations translations theme
check: format lint types contracts templates shell dockerfile migrations translations theme test ## the gate: everything that must hold before a push

fmt: install ## format the code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/djade --target-version 5.2 $(TEMPLATES) || true # 1 says that it has formatted one

format: install
	$(call say,format)
	@$(BIN)/ruff format --check .

lint: install
	$(call say,lint)
	@$(BIN)/ruff check .

types: install
	$(call say,types)
	@$(BIN)/mypy .

contracts: install
	$(call say,import contracts)
	@$(BIN)/lint-imports

templates: install
	$(call say,templates)
	@$(BIN)/djade --check --target-version 5.2 $(TEMPLATES)

shell: install
	$(call say,shell)
	@$(BIN)/shellcheck $(SCRIPTS)

dockerfile: install
	$(call say,Dockerfile)
	@$(BIN)/hadolint Dockerfile

migrations: install
	$(call say,migrations)
	@$(MANAGE) makemigrations --check --dry-run --settings cassandre.test_settings

.PHONY: messages
messages: install gettext ## collect and compile the translations
	@$(BIN)/python -m scripts.messages update

translations: install gettext
	$(call say,translations)
	@$(BIN)/python -m scripts.messages check

theme:
	$(call say,theme: compiled files fresh and scripts tested)
	@scripts/check_theme.sh

# --- the environment ---------------------------------------------------------------------------
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Cassandre needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed-dev.txt: requirements/base.txt requirements/local-models.txt requirements/dev.txt | $(VENV)/bin/python
	@echo 'Installing the packages ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@cp requirements/base.txt $(VENV)/installed-base.txt
	@touch $@
