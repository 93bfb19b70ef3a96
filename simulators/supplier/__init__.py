"""Many suppliers in one process: X12 files in, X12 files out. Run it with `python -m simulators.supplier`."""
