"""Makes a small hospital company in an empty Tryton. Runs inside Tryton's own environment: config file, file for the facts.

Deliberately without what the portal should not need: no sample orders, no rights beyond purchasing, stock and accounting.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from pathlib import Path

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company

SUPPLIERS = {"ACME": "Acme Medical", "BETA": "Beta Devices"}
ITEMS = {"GLOVE": ("Box", "8.42"), "SUTURE": ("Box", "54.00"), "DRILL": ("Unit", "310.00"), "TAPE": ("Box", "18.125")}


def main(config_file: str, facts_file: str) -> None:
    settings = config.set_trytond("tryton", user="admin", config_file=config_file)
    dollar = Model.get("currency.currency")(
        name="US Dollar", symbol="$", code="USD", numeric_code="840", rounding=Decimal("0.01"), digits=2
    )
    dollar.save()
    create_company(currency="USD", config=settings)
    company = get_company()
    company.party.name = "Northside Health"
    company.party.save()
    create_chart(company)
    today = dt.datetime.now(dt.UTC).date()
    span = (dt.date(today.year - 1, 1, 1), dt.date(today.year + 1, 12, 31))
    set_fiscalyear_invoice_sequences(create_fiscalyear(company, span)).click("create_period")
    accounts = get_accounts(company)
    tax = create_tax(Decimal(".10"), company)
    tax.save()
    term = create_payment_term()
    term.save()
    category = Model.get("product.category")(name="Medical supplies", accounting=True)
    category.account_expense, category.account_revenue = accounts["expense"], accounts["revenue"]
    category.save()
    parties = suppliers(term)
    units(company, category, parties["ACME"])
    (journal,) = Model.get("account.journal").find([("type", "=", "cash")])
    Model.get("account.invoice.payment.method")(
        name="Cash", journal=journal, credit_account=accounts["cash"], debit_account=accounts["cash"]
    ).save()
    key, login = person(company)
    budget(company, accounts["expense"])
    Path(facts_file).write_text(
        json.dumps(
            {
                "company": company.id,
                "key": key,
                "login": login,
                "password": PASSWORD,
                "tax": tax.id,
            }
        )
    )


PASSWORD = "Portal-Int-2026!x"  # noqa: S105 - of a database that only tests see


def suppliers(term):
    made = {}
    for code, name in SUPPLIERS.items():
        party = Model.get("party.party")(name=name)
        party.code = code
        party.supplier_payment_term = term
        party.addresses[0].street = "1 Main St"
        party.save()
        made[code] = party
    return made


def units(company, category, supplier):
    uom = Model.get("product.uom")
    (each,) = uom.find([("name", "=", "Unit")])
    box_category = Model.get("product.uom.category")(name="Packs")
    box_category.save()
    box = uom(name="Box", symbol="BX", category=box_category, factor=1.0, rate=1.0, rounding=1.0, digits=0)
    box.save()
    for code, (unit, price) in ITEMS.items():
        template = Model.get("product.template")(
            name=f"Item {code}",
            code=code,
            default_uom=box if unit == "Box" else each,
            type="goods",
            purchasable=True,
            list_price=Decimal(price),
            cost_price_method="fixed",
            account_category=category,
        )
        template.products[0].cost_price = Decimal(price)
        template.save()


def person(company):
    user = Model.get("res.user")(name="Portal", login="portal", password=PASSWORD)
    for name in ("Purchase", "Stock", "Stock Cancellation", "Accounting", "Account Budget"):
        user.groups.append(Model.get("res.group").find([("name", "=", name)])[0])
    user.companies.append(company)
    user.company = company
    user.save()
    application = Model.get("res.user.application")(user=user, application="rest")
    application.save()
    return application.key, user.login


def budget(company, account):
    (year,) = Model.get("account.fiscalyear").find([])
    made = Model.get("account.budget")(name="Operating rooms", fiscalyear=year, company=company)
    line = made.root_lines.new() if hasattr(made, "root_lines") else made.lines.new()
    line.account = account
    line.name = "6100"
    line.amount = Decimal("-50000")
    made.save()


main(sys.argv[1], sys.argv[2])
