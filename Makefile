# Two commands matter: `make book` and `make test`. `make help` lists the rest.
# POSIX shell and make 3.81 suffice (macOS ships that one).

PYTHON ?= python3
PORT ?= 8000
SERVE ?= 1
PAPER ?= A4
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TEST_READY := $(VENV)/.ready-test
KINDS := lint unit parity js notebooks site widgets

.PHONY: help book site zip pdf serve lab test $(addprefix test-,$(KINDS)) notebooks notebook-setup links models \
	format bench environment test-environment clean FORCE
.DEFAULT_GOAL := help

help:
	@echo "make book        install, build and serve the book (PORT=8000, SERVE=0 only builds)"
	@echo "make test        every test, with a summary by kind"
	@echo "make test-KIND   one kind: $(KINDS)"
	@echo "make lab         open the notebooks in JupyterLab"
	@echo "make models      fetch the pretrained models (180 MB, once; what needs them does it too)"
	@echo "make zip         the whole site as one file, to open from disk anywhere; the site links it"
	@echo "make pdf         the whole book as a PDF (PAPER=Letter for American paper); the site links it"
	@echo "make notebooks   execute every notebook in order and store its normalised outputs"
	@echo "make notebook-setup  renew the cell that fetches the book on Colab, after a new address in _config.yml"
	@echo "make links       ask whether the pages' links to other sites still lead somewhere (needs a network)"
	@echo "make format      format the code and mend what ruff can mend"
	@echo "make bench       measure, and print each figure against its budget"
	@echo "make clean       remove the built site and caches (the environment stays)"

book: site
	@if [ "$(SERVE)" != 0 ]; then $(BIN)/python scripts/serve.py _build/html --port $(PORT); fi

# After a build that failed, Sphinx would hold pages with warnings for done and pass the next time:
# without its doctrees it reads every page again. Executed notebooks stay in their cache.
site: models
	@echo "Building the book (the first time executes every notebook)"
	@$(BIN)/jupyter-book build . -W --keep-going || { rm -rf _build/.doctrees; exit 1; }

zip: site
	@$(BIN)/python scripts/archive.py _build/html

pdf: site $(TEST_READY)
	@$(BIN)/python scripts/browser.py --install
	@$(BIN)/python scripts/pdf.py _build/html --paper $(PAPER)

lab: models
	$(BIN)/jupyter lab book

test: $(TEST_READY) models
	@$(BIN)/python scripts/run_tests.py $(KINDS)

# The kinds whose tests load the models, or execute the notebook that does.
test-parity test-notebooks test-site: models

$(addprefix test-,$(KINDS)): $(TEST_READY)
	@$(BIN)/python scripts/run_tests.py $(@:test-%=%)

notebooks: models
	@$(BIN)/python scripts/notebooks.py execute $(NOTEBOOKS)

# The addresses that the pages name, asked one by one; it takes the notebooks' outputs from the last build.
links: models
	@$(BIN)/jupyter-book build . --builder linkcheck

notebook-setup: $(READY)
	@$(BIN)/python scripts/notebooks.py setup

# Into the user's cache folder, or where ATTEND_MODELS says; does nothing when they are there.
models: $(READY)
	@$(BIN)/python -m attend.pretrained

format: $(TEST_READY)
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

bench: $(TEST_READY) models
	@$(BIN)/python -m benchmarks $(BENCHMARKS)

environment: $(READY)
test-environment: $(TEST_READY)

# scripts/environment.py compares contents, not times, and does nothing when nothing changed.
$(READY): FORCE
	@TORCH_INDEX="$(TORCH_INDEX)" sh scripts/python.sh "$(PYTHON)" scripts/environment.py requirements.txt

$(TEST_READY): $(READY) FORCE
	@TORCH_INDEX="$(TORCH_INDEX)" $(BIN)/python scripts/environment.py requirements-test.txt

FORCE:

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
