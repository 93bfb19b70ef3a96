"""Where each field of what ERPs are told, and of what they say, stands in the adapters; part of `docs/mapping.md`.

In backticks stand names as they go over the wire: REST names a key of the JSON body; MMIS a record of the file and its field; Tryton a
model and its field. `tests/integrations/erp/test_mapping.py` changes field after field and looks whether just these change.
"""

from __future__ import annotations

from typing import Final

# One line per field: name | REST | MMIS | Tryton 8. A dash: this ERP is not told, or does not say.
ERP_TABLE: Final = """
Order
number | `reference` | `PO reference`, `PC reference`, `PX reference`, `PC order`, `PX order`; `PC erp_order`, `PX erp_order` as the MMIS numbered it | `purchase.purchase reference`
issued_at | `ordered_on` | `PO ordered_on` | `purchase.purchase purchase_date`
currency | `currency` | `PO currency` | `purchase.purchase currency`, by `currency.currency code`
supplier | `supplier`, its code | `PO supplier`, its code | `purchase.purchase party`, by `party.party code`
buyer | `facility`, its code | `PO facility`, its code | —
ship_to | `ship_to`, its code | `PO ship_to`, its code | —
lines | `lines` | a `PL` each | `purchase.purchase lines`
purpose | POST, PUT, or POST …/cancel | a file `PO`, `PC` or `PX` | created, compared, or cancelled
revision | `revision` | `PC revision`, and the end of `PC reference` | —
requested_date | `requested_on` | `PO requested_on` | —
urgent | `urgent` | `PO urgent` | —
notes | — | — | —
unit_codes | — | — | —
OrderLine
line_number | `line_number` | `PL line` | `purchase.line sequence`
identity | `item`, our number | `PL item`, our number | `purchase.line product`, by `product.product code`
description | `description` | `PL text` | `purchase.line description`
quantity | `quantity` | `PL quantity` | `purchase.line quantity`
unit | `unit` | `PL unit` | `purchase.line unit`, by `product.uom symbol`
unit_price | `unit_price` | `PL price` | `purchase.line unit_price`
requested_date | `expected_on` | `PL expected_on` | —
contract_number | `contract` | `PL contract` | —
cost_center | `cost_center` | `PL cost_center` | —
Receipt
number | `reference` | `GR reference` | `stock.shipment.in reference`
order_number | `purchase_order`, as the ERP numbered it | `GR erp_order`, as the MMIS numbered it | by `purchase.purchase reference`
received_at | `received_at` | `GR received_at` | `stock.shipment.in effective_date`
lines | `lines` | a `GL` each | `stock.shipment.in incoming_moves`
reverses | `reverses` | `GR reverses` | the shipment with that `stock.shipment.in reference` is cancelled
ReceiptLine
line_number | `line_number` | `GL line` | the move whose `stock.move origin` is the line with that `purchase.line sequence`
quantity | `quantity` | `GL quantity` | `stock.move quantity`
unit | `unit` | `GL unit` | `stock.move unit`, by `product.uom symbol`
lot | `lot` | `GL lot` | `stock.move lot`, by `stock.lot number`
expiry | `expiry` | `GL expiry` | —
Voucher
number | `reference` | `VO reference` | `account.invoice description`
supplier_invoice_number | `supplier_invoice` | `VO invoice` | `account.invoice reference`
supplier | `supplier`, its code | `VO supplier`, its code | `account.invoice party`, by `party.party code`
order_number | `purchase_order`, as the ERP numbered it | `VO erp_order`, as the MMIS numbered it | by `purchase.purchase reference`
currency | `currency` | `VO currency` | `account.invoice currency`, by `currency.currency code`
total | `total` | `VO total` | `account.invoice total_amount`, reached by a line of its own where Tryton makes another
lines | `lines` | a `VL` each | `account.invoice lines`
kind | `kind` | `VO kind` C or I | the sign of `account.invoice.line quantity`
charges | `charges` | a `VC` each | `account.invoice lines`
tax | `tax` | `VO tax` | `account.invoice.line taxes`: the endpoint's tax, where any is billed
invoice_date | `invoice_date` | `VO invoiced_on` | `account.invoice invoice_date`
due_date | `due_date` | `VO due_on` | —
VoucherLine
line_number | `line_number` | `VL line` | `account.invoice.line origin` and `account.invoice.line stock_moves`, by `purchase.line sequence`
description | `description` | `VL text` | `account.invoice.line description`
quantity | `quantity` | `VL quantity` | `account.invoice.line quantity`
unit | `unit` | `VL unit` | `account.invoice.line unit`, by `product.uom symbol`
unit_price | `unit_price` | `VL price` | `account.invoice.line unit_price`
Charge
code | `code` | `VC code` | `account.invoice.line description`, where there is no description
description | `description` | `VC text` | `account.invoice.line description`
amount | `amount` | `VC amount` | `account.invoice.line unit_price`
ItemDoc
number | `number` | `MI number` | `product.product code`
name | `description` | `MI description` | `product.template name`
base_unit | `base_unit` | `MI base_unit` | `product.template default_uom`, by `product.uom symbol`
identity | `manufacturer_part`, `supplier_part`, `gtin` | `MI manufacturer_part`, `MI supplier_part`, `MI gtin` | —
supplier | `supplier`, its code | `MI supplier`, its code | —
packagings | — | — | —
manufacturer | `manufacturer` | `MI manufacturer` | —
category | `category` | `MI category` | —
unspsc | `unspsc` | `MI unspsc` | —
lot_tracked | — | — | —
status | `status` | `MI status` | `product.product active` and `product.template active`
unit_codes | — | — | —
SupplierDoc
code | `number` | `MS number` | `party.party code`
party | `name`, `gln` | `MS name`, `MS gln` | `party.party name`
email | `email` | `MS email` | —
currency | `currency` | `MS currency` | —
payment_terms | `payment_terms` | `MS payment_terms` | —
minimum_order | `minimum_order` | `MS minimum_order` | —
status | `status` | `MS status` | `party.party active`
Payment
reference | `reference` | `PY reference` | `account.invoice description`
voucher_number | `erp_number` | `PY number` | `account.invoice number`
status | `status` | `PY status` | `account.invoice state`
paid_on | `paid_on` | `PY paid_on` | `account.invoice reconciled`, else `account.invoice write_date`
Budget
cost_center | `cost_center` | `BU cost_center` | `account.budget.line name`
period | `period` | `BH period` | `account.budget.line.period period` where it is a month, else `account.budget name`
budget | `budget` | `BU budget` | `account.budget.line.period total_amount`, else `account.budget.line total_amount`, negated
committed | `committed` | `BU committed` | —
actual | `actual` | `BU actual` | `account.budget.line.period actual_amount`, else `account.budget.line actual_amount`, negated
as_of | `as_of` | `BH as_of` | —
"""
