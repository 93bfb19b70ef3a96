"""What messages are called on screens."""

from __future__ import annotations

NAMES = {
    "purchase_order.create": "Order",
    "purchase_order.change": "Order change",
    "purchase_order.cancel": "Cancellation",
    "receipt.post": "Receipt",
    "receipt.reverse": "Receipt reversal",
    "voucher.post": "Voucher",
    "acknowledgement.send": "997 acknowledgement",
    "interchange_answer.send": "TA1 answer",
    "test_order.send": "Test order",
    "remittance.send": "Remittance advice",
    "order_again.create": "Order, once more",
    "order_again.change": "Order change, once more",
    "order_again.cancel": "Cancellation, once more",
    "ORDRSP": "ORDRSP answer",
    "DESADV": "DESADV ship notice",
    "INVOIC": "INVOIC invoice",
    "OrderResponse": "UBL answer",
    "OrderResponseSimple": "UBL answer",
    "DespatchAdvice": "UBL ship notice",
    "Invoice": "UBL invoice",
    "CreditNote": "UBL credit",
    "997": "997 acknowledgement",
    "855": "855 answer",
    "856": "856 ship notice",
    "810": "810 invoice",
    "850": "850 order",
    "832": "832 price catalog",
    "846": "846 stock report",
    "865": "865 answer to a change",
}


def message_name(what: str) -> str:
    """The topic or transaction in words."""
    return NAMES.get(what, what.replace("_", " ").replace(".", ": ").capitalize() or "File")
