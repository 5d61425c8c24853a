# Every entry point of the project. `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
UV := $(VENV)/uv/bin/uv
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
        --no-annotate --no-header --python-version 3.13
PYTEST := $(BIN)/pytest -n 2 --dist loadgroup
CODE := shared cli functions tests benchmarks docs

# `make deploy HOME=eu-west-1` means a region, but make hands HOME on to all that it runs, where it is
# the folder with ~/.aws and ~/.cache. It is given back as the password database has it.
ifeq ($(origin HOME),command line)
HOME_REGION := --home "$(HOME)"
override HOME := $(shell python3 -c 'import os, pwd; print(pwd.getpwuid(os.getuid()).pw_dir)')
export HOME
else ifneq ($(filter-out /%,$(firstword $(HOME))),)
$(error HOME=$(HOME) is no folder: a region is said after make, as in `make deploy HOME=$(HOME)`)
endif

# Without the quotes of PROBES="us-east-1 ap-southeast-1" the second is a target to make.
ifneq ($(filter %-1 %-2 %-3 %-4 %-5 %-6 %-7,$(MAKECMDGOALS)),)
$(error regions go in quotes, with spaces between: PROBES="us-east-1 ap-southeast-1")
endif

.DEFAULT_GOAL := help
.PHONY: help setup lock check format lint types contracts template test simulate mutants programs browser pictures e2e bench demo demo-once up docs docs-serve clean tidy audit sbom advisories deploy outputs rollback destroy

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready ## put everything into .venv (tools, libraries, the SAM CLI, the local AWS)

# One environment for the project, one for the SAM CLI (it pins many old libraries), one for uv itself.
$(VENV)/.ready: pyproject.toml .python-version requirements/dev.lock requirements/sam.lock requirements/uv.lock
	@test -x $(UV) || { python3 -m venv $(VENV)/uv && \
	  $(VENV)/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock; }
	$(UV) venv --quiet --allow-existing --seed --python "$$(cat .python-version)" $(VENV)
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	$(UV) venv --quiet --allow-existing --python "$$(cat .python-version)" $(VENV)/sam
	$(UV) pip sync --quiet --require-hashes --python $(VENV)/sam/bin/python requirements/sam.lock
	@ln -sf ../sam/bin/sam $(BIN)/sam
	@touch $@

lock: ## pin every dependency again, by hash
	$(LOCK) --upgrade pyproject.toml --group dev -o requirements/dev.lock
	$(LOCK) --upgrade --group sam -o requirements/sam.lock
	$(LOCK) --upgrade --group uv -o requirements/uv.lock
	$(LOCK) --upgrade --group docs -o requirements/docs.lock
	$(LOCK) --upgrade --group audit -o requirements/audit.lock
	$(LOCK) --upgrade --group agent -c requirements/dev.lock -o requirements/agent.lock
	$(LOCK) --upgrade --group layer -c requirements/dev.lock -o shared/requirements.txt
	$(LOCK) --upgrade --group notifier -c requirements/dev.lock -o functions/notifier/requirements.txt

check: format lint types contracts template audit test ## everything that CI checks, but for real programs and whole stacks

format: setup ## see that the code is formatted
	$(BIN)/ruff format --check --quiet $(CODE)

lint: setup ## see that the code keeps the rules
	$(BIN)/ruff check --quiet $(CODE)

types: setup ## see that the types hold
	$(BIN)/mypy

contracts: setup ## see that the arrows between the packages point one way
	$(BIN)/lint-imports --no-cache

template: setup ## see that the template is what CloudFormation wants
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 $(BIN)/sam validate --lint

# What looks for weaknesses pins many libraries of its own, and an older boto3: an environment of its own.
AUDIT := $(VENV)/audit
$(AUDIT)/.ready: requirements/audit.lock .python-version $(VENV)/.ready
	$(UV) venv --quiet --allow-existing --python "$$(cat .python-version)" $(AUDIT)
	$(UV) pip sync --quiet --require-hashes --python $(AUDIT)/bin/python requirements/audit.lock
	@touch $@

audit: setup $(AUDIT)/.ready ## checkov's rules on the template: what it finds is mended, or has its reason
	$(BIN)/pytest tests/audit

SHIPPED := layer=shared/requirements.txt notifier=functions/notifier/requirements.txt agent=requirements/agent.lock
sbom: setup $(AUDIT)/.ready ## list what ships, as CycloneDX, in build/sbom
	@mkdir -p build/sbom
	$(foreach each,$(SHIPPED),$(AUDIT)/bin/cyclonedx-py requirements --output-reproducible \
	  --output-format JSON --outfile build/sbom/$(firstword $(subst =, ,$(each))).cdx.json \
	  $(lastword $(subst =, ,$(each))) &&) true

# It asks PyPI of each version that is pinned, or with SERVICE=osv the database of OSV. Where nobody
# answers it fails and says that it could not ask; it never passes for want of an answer.
SERVICE := pypi
advisories: setup $(AUDIT)/.ready ## known weaknesses of everything that is pinned (needs the internet)
	$(foreach each,$(wildcard requirements/*.lock) shared/requirements.txt functions/notifier/requirements.txt,\
	  echo "$(each)" && $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
	  --vulnerability-service $(SERVICE) --requirement $(each) &&) true

test: setup ## unit, integration, every service's words, architecture and a short simulation
	$(PYTEST) tests/unit tests/integration tests/services tests/architecture tests/simulation

# SEEDS=100000 lives through years; SEED=7 is one world again, with the shortest trace of what fails in it.
SEEDS := 20000
simulate: setup ## many worlds of misfortune (SEEDS=20000), or one again (SEED=7)
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) $(if $(SEED),--seed $(SEED))

# Without MODULE, all of the domain: some minutes for each module.
mutants: setup ## change the domain in every small way, see that a test notices (MODULE="quorum course")
	$(BIN)/python -m tests.mutation $(MODULE)

programs: setup ## tocsin check against real servers from Debian's packages
	$(PYTEST) tests/programs

# A file is a stack's life, most of it waiting: three at a time.
E2E := tests/e2e
e2e: setup ## whole stacks: every route to its last reader, the faults of AWS, how soon one hears
	$(BIN)/pytest -v -n 3 --dist loadfile $(E2E)

browser: setup ## a real browser looks at every page, and keeps a picture of each
	@rm -rf build/screenshots
	$(PYTEST) tests/browser
	@echo "A picture of every page is in build/screenshots"

pictures: setup ## draw the pictures in docs/images again
	$(BIN)/python -m tests.browser.pictures

bench: setup ## what a check costs, beside the blackbox exporter and a loop in C
	$(BIN)/python -m benchmarks

demo: setup ## the whole system on this machine, with services to break on a page
	$(BIN)/tocsin local demo

demo-once: setup ## the same unattended: break, wait for the alert, heal, wait for the end
	$(BIN)/tocsin local demo --once

up: setup ## the whole system on this machine, watching monitors.yaml
	$(BIN)/tocsin local up

# The site has an environment of its own. NO_MKDOCS_2_WARNING leaves out what mkdocs-material says of its
# successor. Never with --quiet: mkdocs then counts no warnings, and --strict means nothing.
DOCS := $(VENV)/docs
MKDOCS := NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs
$(DOCS)/.ready: requirements/docs.lock .python-version $(VENV)/.ready
	$(UV) venv --quiet --allow-existing --python "$$(cat .python-version)" $(DOCS)
	$(UV) pip sync --quiet --require-hashes --python $(DOCS)/bin/python requirements/docs.lock
	@touch $@

docs: setup $(DOCS)/.ready ## the docs as a site in build/site, without a warning
	$(MKDOCS) build --strict

docs-serve: setup $(DOCS)/.ready ## the same on loopback, made again as you write
	$(MKDOCS) serve --strict --dev-addr 127.0.0.1:8026

# What is said of regions is written to samconfig.toml; without it, the regions are those that stand
# there. YES=1 asks nothing; ARGS="--only us-east-1" and whatever else `tocsin deploy --help` has.
ASK := $(if $(YES),--yes) $(if $(BUCKET),--bucket $(BUCKET)) $(ARGS)
deploy: setup ## to your AWS account: HOME=eu-west-1 PROBES="us-east-1 ap-southeast-1"
	$(BIN)/tocsin deploy $(HOME_REGION) $(foreach region,$(PROBES),--probe "$(region)") $(ASK)

outputs: setup ## show what each stack in your AWS account has
	$(BIN)/tocsin outputs $(ARGS)

rollback: setup ## back to the build that was deployed before
	$(BIN)/tocsin rollback $(ASK)

destroy: setup ## remove it all from your AWS account but what is kept (ARGS=--data: that too)
	$(BIN)/tocsin destroy $(ASK)

clean: ## remove what was built
	rm -rf .aws-sam .tocsin .mypy_cache .ruff_cache .pytest_cache .hypothesis build/screenshots build/sbom build/site

tidy: setup ## format, and mend what can be mended
	$(BIN)/ruff format --quiet $(CODE)
	$(BIN)/ruff check --quiet --fix $(CODE)
