"""An ERP over HTTP, with its own storage and faults on demand. Run it with `python -m simulators.erp`."""
