# One command each. Every target sets itself up first; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test soak check gallery bench lock backup clean

BIN := .venv/bin
export PYTHON

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make .venv and the assets (needs Python 3.11 or newer, nothing else)
	@.ci/setup

demo: setup ## run a demo provider on loopback; RESET=1 starts over
	@$(BIN)/milha demo $(if $(RESET),--reset)

serve: setup ## run a real provider, configured by MILHA_ variables
	@$(BIN)/milha serve

test: setup ## run every test; ARGS="-k payment" runs some
	@.ci/test $(ARGS)

soak: setup ## run the tests with long parameters (up to 40 minutes)
	@MILHA_SOAK=1 .ci/test $(ARGS)

check: setup ## lint, types, import floors, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/house
	@if docker compose version >/dev/null 2>&1; then docker compose config -q; \
	else echo "docker compose is not installed: docker-compose.yml was read by the house rules only"; fi

gallery: setup ## pictures of every page, in tests/screenshots/gallery; PAGES=nas takes some
	@$(BIN)/python -m tests.gallery $(PAGES)

bench: setup ## measure everything, side by side
	@$(BIN)/python -m bench

bench-%: setup ## measure one thing, for example bench-radius
	@$(BIN)/python -m bench $*

lock: ## renew requirements.lock from pyproject.toml
	@.ci/uv export --quiet --no-emit-project --all-groups --format requirements.txt --no-header \
	  --output-file requirements.lock

backup: setup ## write an encrypted backup; TO=/path/file names it
	@$(BIN)/milha backup $(TO)

clean: ## remove what setup, checks and tests made; the data directory stays
	rm -rf .venv build dist .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache web/static/vendor web/.assets tests/screenshots tests/gallery/vendor
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
