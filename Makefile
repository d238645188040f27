# Makes its own virtual environment in .venv; PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check bench notebooks wheel clean

demo: .venv/ready
	$(BIN)/tracker demo --out data/demo

test: .venv/ready
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: .venv/ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py

bench: .venv/ready
	$(BIN)/python -m pytest tests/benchmarks -s --override-ini python_files='bench_*.py'

notebooks: .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[notebooks]'
	$(BIN)/jupyter lab notebooks

wheel: .venv/ready
	$(BIN)/python -m build --wheel

clean:
	rm -rf .venv dist data/demo

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	touch .venv/ready
