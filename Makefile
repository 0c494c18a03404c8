# Every way to run and check Yunshequ. `make run` and `make test` set up all they need.
PY := .venv/bin/python

lock:
	.venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 requirements/runtime.in -o requirements/runtime.txt
	.venv/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 requirements/develop.in -c requirements/runtime.txt -o requirements/develop.txt
.PHONY: lock
