"""What may still be spent, as the ERP last said and as we committed since."""

from __future__ import annotations

from django.db import models

from masterdata.models import CostCenter


class BudgetFigure(models.Model):
    """One cost center's budget of a month (`period` is YYYY-MM), in the facility's currency.

    `amount`, `actual` and `as_of` come from the ERP; `committed` is ours: orders issued and not yet invoiced. `elsewhere` is what the
    ERP commits beyond our orders, `billed_since` what we cleared for payment since it counted.
    available = amount - committed - elsewhere - actual - billed_since.
    """

    cost_center = models.ForeignKey(CostCenter, on_delete=models.PROTECT, related_name="budget_figures")
    period = models.CharField(max_length=7)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    committed = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    actual = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    elsewhere = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)
    billed_since = models.DecimalField(max_digits=14, decimal_places=2, default=0, db_default=0)
    hard_stop = models.BooleanField(default=False, help_text="Refuse requisitions over the budget instead of warning.")
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cost_center", "period"], name="procurement_budget_once")]

    def __str__(self) -> str:
        return f"{self.cost_center_id} {self.period}"
