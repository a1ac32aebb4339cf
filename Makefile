# Everything needs only make and python3 (3.11 or newer, with venv): the first target that is run sets up .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
LOCK := requirements/dev.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check docs bench torture torch browser lock

run: $(READY)  ## eight methods race on handwritten digits
	$(BIN)/fallline compare digits

test: $(READY)  ## every test, and the examples in the docstrings
	$(BIN)/pytest -n 2 --dist loadfile

check: $(READY)  ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict src

docs: $(READY)  ## a page for every method, solver, composition, schedule, surface, probe, loss, metric and yardstick, with pictures of their paths, in docs/reference; and the eight pictures in docs/pictures
	$(BIN)/python docs/reference.py docs/reference
	cp docs/reference/pictures/*.svg docs/pictures

bench: torch  ## the measurements that the documentation quotes, beside PyTorch's
	$(BIN)/python -m benchmarks

torture: $(READY)  ## faults made for real and counted, for an hour: killed processes, flipped bits, hostile input, half an hour of everything
	$(BIN)/python -m benchmarks torture

torch: $(READY)  ## PyTorch, which only comparisons need
	@$(BIN)/pip show -qq torch \
		|| { echo "Installing PyTorch into .venv, to compare with."; $(BIN)/pip install -qq torch==2.13.0; }

browser: $(READY)  ## what the tests of the pages and films need besides: a browser, a checker of accessibility, ffmpeg
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }
	@test -f node_modules/axe-core/axe.min.js || npm install --silent --no-save --no-package-lock axe-core@4.14.1
	@$(BIN)/pip show -qq imageio-ffmpeg || $(BIN)/pip install -qq imageio-ffmpeg==0.8.1

lock: ## resolve the dependencies anew; needs uv
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --output-file $(LOCK) --quiet \
		--upgrade --no-header --generate-hashes --no-emit-index-url --no-emit-find-links

$(READY): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Fallline needs Python 3.11 or newer, found " + sys.version.split()[0] + "; name another with make PYTHON=python3.12")'
	@echo "Setting up .venv from $(LOCK): once, a minute or two."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install -qq --require-hashes -r $(LOCK)
	@$(BIN)/pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@
