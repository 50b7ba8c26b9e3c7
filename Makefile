# Every target works in .venv, which `make setup` builds with the CPU build of torch.
# With an NVIDIA GPU: make setup TORCH=torch
TORCH ?= --no-deps -r requirements-cpu.txt
BIN := .venv/bin

.PHONY: setup fmt lint type test man bench bench-start bench-many bench-gpu bench-peers fuzz

setup:
	python3 -m venv .venv
	$(BIN)/pip install $(TORCH)
	$(BIN)/pip install -e ".[dev]"

fmt:
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

type:
	$(BIN)/mypy

test:
	$(BIN)/python -m pytest

# The manual pages, of the help of the commands; a test compares them.
man:
	$(BIN)/colorize help --write docs/man

bench:
	$(BIN)/python benchmarks/run_vs_floor.py
	$(BIN)/python benchmarks/model.py
	$(BIN)/python benchmarks/cores.py

bench-start:
	PYTHONPATH=. $(BIN)/python benchmarks/start.py

bench-many:
	PYTHONPATH=. $(BIN)/python benchmarks/many_files.py

bench-gpu:
	$(BIN)/python benchmarks/gpu.py

bench-peers:
	$(BIN)/python benchmarks/peers.py

fuzz:
	$(BIN)/pip install -q -e ".[fuzz]"
	PYTHONPATH=. $(BIN)/python benchmarks/fuzz_readers.py 600
