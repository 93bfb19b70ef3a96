# Every target is a command of dev.py, which builds .venv first. ARGS="…" is passed on.
.PHONY: help run test lint bench chaos lock reset

help:
	@python3 dev.py help

run test lint bench chaos lock reset:
	@python3 dev.py $@ $(ARGS)
