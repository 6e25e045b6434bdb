# make demo   sets up and runs the main job on real data
# make test   sets up, then lint, types, formatting and the tests
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.set-up
# A worker keeps neighbouring tests, which share kernels and fixtures; one that has none left takes some of the other's
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

# The tests start the command line hundreds of times: byte code is kept, also where the environment says not to
unexport PYTHONDONTWRITEBYTECODE

MINUTES ?= 10

.PHONY: help setup demo test test-all golden fuzz lint types lock benchmarks gpu docs docs-serve release-check clean

help:
	@echo "make demo        train, evaluate, sample and emit a hidden Born machine on real data"
	@echo "make test        lint, types, formatting and the tests"
	@echo "make test-all    the same with the long tests"
	@echo "make golden      renew the golden texts of the tests after a wanted change of words"
	@echo "make fuzz        random programs against the references: MINUTES=10, SEED=1, ONLY=texts, methods, emission or properties"
	@echo "make gpu         the same kernels on a graphics card, in one call of ten minutes; writes build/gpu"
	@echo "make benchmarks  measure against other tools; writes docs/benchmarks.md"
	@echo "make reproduce-NAME  measure a published system in full: born, iqp, mbl, bayes, generalisation, thermal, purification, gates3, diffusion, mosaiq, eye, denoise, walks, search, recurrent, propagation, reservoir, postselection, mps, trees, maps, local, tokens, graphstates"
	@echo "make docs        build the documentation as a site: build/site/index.html; make docs-serve shows it while it is written"
	@echo "make lock        renew requirements.lock from pyproject.toml"
	@echo "make release-check  build wheel and sdist, check them, and use the wheel from bare environments"
	@echo "make clean       remove .venv and caches"

setup: $(SETUP)

$(SETUP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "qgl needs Python 3.11 or later; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -qq -j 0 .venv/lib || true  # on all cores; packages ship files of other Pythons too
	@touch $@

demo: $(SETUP)
	$(BIN)/python examples/demo.py

test: $(SETUP) lint types
	$(PYTEST) -m "not slow"

# With the slow tests, and compiled as users do: `make test` leaves out what is dear in XLA (tests/conftest.py).
test-all: $(SETUP) lint types
	JAX_DISABLE_MOST_OPTIMIZATIONS=0 XLA_FLAGS= $(PYTEST)

# Golden texts: what is shown of bad programs, whole, and the list of codes
golden: $(SETUP)
	QGL_SNAPSHOTS=1 $(BIN)/python -m pytest tests/syntax/test_rendering.py tests/check/test_checked_programs.py \
	    tests/check/test_diagnostic_register.py

fuzz: $(SETUP)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

lint: $(SETUP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(SETUP)
	$(BIN)/mypy --num-workers 2

# A published system measured again in full: make reproduce-born, -iqp, -mbl, -bayes, -generalisation, -thermal,
# -purification, -gates3, -diffusion, -mosaiq, -eye, -denoise, -walks, -recurrent, -search, -propagation, -reservoir,
# -postselection, -mps, -trees, -maps, -tokens, -graphstates. With ONLY=NAME the figures of one of its parts.
reproduce-%: $(SETUP)
	$(BIN)/python -m examples.$*.reproduce $(if $(ONLY),--only $(ONLY))
	$(BIN)/python docs/systems_page.py

benchmarks: $(SETUP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[benchmark]'
	$(BIN)/python -m benchmarks.run

gpu: $(SETUP)
	$(BIN)/python -m benchmarks.gpu

# Strict: a dead link or anchor, or a page that is not in the navigation, fails
MKDOCS := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]' && NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs

docs: $(SETUP)
	$(MKDOCS) build
	@echo "The site is in build/site. Open build/site/index.html; its search works under: make docs-serve"

docs-serve: $(SETUP)
	$(MKDOCS) serve

release-check: $(SETUP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check build twine
	$(BIN)/python -m tests.release

lock:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest \
	    --extra test --generate-hashes --no-annotate --no-header \
	    --no-emit-index-url --no-emit-find-links --quiet --output-file requirements.lock

clean:
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis
