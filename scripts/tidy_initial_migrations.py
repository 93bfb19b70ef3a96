"""Fold the operations of an app's initial migrations into whole CreateModels, in one file.

Django's autodetector writes foreign keys between new models as separate AddFields; each operation costs a re-rendering of every
related model when the migration runs, a minute in all for this project. Run after `makemigrations` made fresh initial migrations:

    PYTHONPATH=. python scripts/tidy_initial_migrations.py core masterdata procurement inventory integrations
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import django
from django.db import migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.writer import MigrationWriter

from core.together import Together


def _flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        yield from operation.operations if isinstance(operation, Together) else [operation]


def fold(label: str) -> None:
    folder = Path(label, "migrations")
    names = sorted(p.stem for p in folder.glob("0*_initial.py"))
    modules = [import_module(f"{label}.migrations.{name}").Migration for name in names]
    models: dict[str, migrations.CreateModel] = {}
    rest = []
    for operation in (op for module in modules for op in _flat(module.operations)):
        if isinstance(operation, migrations.CreateModel):
            models[operation.name_lower] = operation
        elif isinstance(operation, migrations.AddField):
            models[operation.model_name_lower].fields.append((operation.name, operation.field))
        elif isinstance(operation, migrations.AddIndex):
            models[operation.model_name_lower].options.setdefault("indexes", []).append(operation.index)
        elif isinstance(operation, migrations.AddConstraint):
            models[operation.model_name_lower].options.setdefault("constraints", []).append(operation.constraint)
        else:
            rest.append(operation)
    own = {f"{label}.{name}" for name in models}
    ordered: list[migrations.CreateModel] = []
    done: set[str] = set()
    while len(ordered) < len(models):
        for name, operation in models.items():
            needs = {
                str(field.remote_field.model).lower()
                for _, field in operation.fields
                if field.remote_field and isinstance(field.remote_field.model, str)
            }
            if name not in done and (needs & own) - {f"{label}.{name}"} <= {f"{label}.{d}" for d in done}:
                ordered.append(operation)
                done.add(name)
    depends = {d for module in modules for d in module.dependencies if d[0] != label or d[1] not in names}
    migration = type(
        "Migration",
        (migrations.Migration,),
        {
            "initial": True,
            "operations": [Together(operations=[*ordered, *rest])],
            "dependencies": sorted(depends, key=str),
        },
    )(names[0], label)
    for name in names:
        (folder / f"{name}.py").unlink()
    (folder / f"{names[0]}.py").write_text(MigrationWriter(migration, include_header=False).as_string())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    for app in sys.argv[1:]:
        fold(app)
