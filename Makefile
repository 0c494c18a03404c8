# Every way to run and check Yunshequ. `make run` and `make test` set up all they need.
PY := .venv/bin/python
STAMP_RUN := .venv/.runtime
STAMP_DEV := .venv/.develop
PARTS := core nlp community cases deliberation points volunteers bot

.PHONY: run test check format bench migration lock docs train pictures clean

run: $(STAMP_RUN)
	@exec $(PY) -m bot serve --demo

test: $(STAMP_DEV)
	@scripts/system-packages
	@$(MAKE) --no-print-directory lint
	$(PY) -m pytest -q -n 2 --dist loadfile --durations=25

check: $(STAMP_DEV) lint
	$(PY) -m pytest -q -m "not slow and not browser" -n 2 --dist loadfile

.PHONY: lint
lint: $(STAMP_DEV)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy

format: $(STAMP_DEV)
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: $(STAMP_DEV)
	$(PY) -m bench

migration: $(STAMP_DEV)
	@test -n "$(m)" || { echo 'make migration m="什么变了"'; exit 2; }
	$(PY) scripts/new_migration.py "$(m)"

docs: $(STAMP_DEV)
	$(PY) scripts/reference.py

pictures: $(STAMP_DEV)
	$(PY) scripts/pictures.py

train: $(STAMP_DEV)
	$(PY) -m nlp train

lock: $(STAMP_DEV)
	.venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 requirements/runtime.in -o requirements/runtime.txt
	.venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 requirements/develop.in -c requirements/runtime.txt -o requirements/develop.txt

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache

$(STAMP_RUN): requirements/runtime.txt scripts/environment
	@scripts/environment requirements/runtime.txt $@

$(STAMP_DEV): requirements/develop.txt $(STAMP_RUN) scripts/environment
	@scripts/environment requirements/develop.txt $@
