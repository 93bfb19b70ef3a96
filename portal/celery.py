"""The Celery application. A task is only a doorbell: the database holds the work, a sweep finds what no task was rung for."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["integrations", "procurement", "inventory"])
app.conf.beat_schedule = {
    # an entry that was not taken by the time the next one comes is dropped: a worker that was away does one round, not all
    "outbox sweep": {"task": "integrations.tasks.sweep", "schedule": 3.0, "options": {"expires": 3}},
    "mailboxes": {"task": "integrations.tasks.poll", "schedule": 2.0, "options": {"expires": 2}},
    "payments": {"task": "integrations.tasks.pull_payments", "schedule": 5.0, "options": {"expires": 5}},
    "masters": {"task": "integrations.tasks.pull_masters", "schedule": 10.0, "options": {"expires": 10}},
    "probes": {"task": "integrations.tasks.probe", "schedule": 10.0, "options": {"expires": 10}},
    "watch": {"task": "integrations.tasks.watch", "schedule": 15.0, "options": {"expires": 15}},
}
