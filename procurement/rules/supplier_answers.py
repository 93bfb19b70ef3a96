"""What a supplier's answer to an order line means for us (domain: Purchase order, supplier answers)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from masterdata.rules.offers import price_text
from procurement.rules.tolerances import Limit


@dataclass(frozen=True, kw_only=True)
class AnsweredLine:
    """Order line and answer side by side. Quantities in order units, prices per order unit."""

    action: str
    ordered: Decimal
    price: Decimal
    needed_by: date | None
    urgent: bool
    answered_quantity: Decimal | None = None
    elsewhere: Decimal = Decimal(0)
    """What other lines of the same answer say about this order line: accepted, back-ordered and rejected together."""
    answered_price: Decimal | None = None
    promised_on: date | None = None
    substitute_part: str = ""
    ended: str = ""
    """What ended the line before the answer came ("cancelled", "closed"); empty while it is in force."""


@dataclass(frozen=True, kw_only=True)
class AnswerDecision:
    """Taken over as it is, or an exception for the buyer with the money at stake and the reason in words.

    An answer that comes `late`, about what has ended, is neither: it is only kept.
    """

    taken_over: bool
    sentence: str
    late: bool = False
    amount: Decimal = Decimal(0)
    new_price: Decimal | None = None
    short: Decimal = Decimal(0)
    """How much of the order line does not come where the answer is accepted."""


def judge_answer(line: AnsweredLine, price_limit: Limit, currency: str) -> AnswerDecision:
    """Decide one answered line. A better price, an acceptance and a date that still suits are taken over.

    What no line of the answer speaks of does not come, and all lines together may not be about more than was ordered.
    """
    if line.ended:
        return AnswerDecision(
            taken_over=False,
            late=True,
            sentence=f"It was {line.ended} before this answer came, which changes nothing any more.",
        )
    decision = _judge_action(line, price_limit, currency)
    said = line.elsewhere + _said(line)
    if line.elsewhere and said > line.ordered:
        more = f"It speaks of {_n(said)} where {_n(line.ordered)} were ordered: ask the supplier which of it is meant."
        return replace(decision, taken_over=False, new_price=None, sentence=_together(decision, more))
    if line.action in NOT_COMING or said >= line.ordered:
        return decision
    short = line.ordered - said
    words = f"Only {_n(said)} of {_n(line.ordered)} will be delivered; {_n(short)} need another source."
    return replace(
        decision,
        taken_over=False,
        new_price=None,
        short=short,
        amount=decision.amount + short * line.price,
        sentence=_together(decision, words),
    )


NOT_COMING = ("rejected", "backordered")
"""Answers about a part that say nothing of the others."""


def _said(line: AnsweredLine) -> Decimal:
    if line.answered_quantity is not None:
        return line.answered_quantity
    return Decimal(0) if line.action == "quantity_changed" else line.ordered


def _together(decision: AnswerDecision, words: str) -> str:
    return words if decision.taken_over and decision.new_price is None else f"{decision.sentence} {words}"


def _judge_action(line: AnsweredLine, price_limit: Limit, currency: str) -> AnswerDecision:
    if line.action == "price_changed" and line.answered_price is not None:
        return _judge_price(line, price_limit, currency, line.answered_price)
    part = min(_said(line), line.ordered)
    if line.action in ("backordered", "date_changed"):
        return _judge_date(line, part * line.price)
    if line.action == "quantity_changed":
        return AnswerDecision(taken_over=True, sentence="The ordered quantity is confirmed.")
    if line.action == "substituted":
        return AnswerDecision(
            taken_over=False,
            amount=part * line.price,
            sentence=f"The supplier wants to send {line.substitute_part or 'another product'} instead. Accept it or find another source.",
        )
    if line.action == "rejected" and part < line.ordered:
        return AnswerDecision(
            taken_over=False,
            amount=part * line.price,
            short=part,
            sentence=f"The supplier will not deliver {_n(part)} of {_n(line.ordered)}.",
        )
    if line.action in ("rejected", "price_changed"):
        return AnswerDecision(
            taken_over=False,
            amount=part * line.price,
            short=part if line.action == "rejected" else Decimal(0),
            sentence="The supplier will not deliver this line as ordered.",
        )
    return AnswerDecision(taken_over=True, sentence="Accepted as ordered.")


def _judge_price(line: AnsweredLine, limit: Limit, currency: str, new: Decimal) -> AnswerDecision:
    difference = new - line.price
    if difference <= 0:
        return AnswerDecision(
            taken_over=True, new_price=new, sentence=f"The price falls by {price_text(-difference)} per unit."
        )
    amount = difference * line.ordered
    percent = difference / line.price * 100 if line.price else Decimal(100)
    text = f"The price rises from {price_text(line.price)} to {price_text(new)} ({percent:.1f} %); allowed: {limit.words(currency)}."
    if limit.allows(percent=percent, amount=amount):
        return AnswerDecision(taken_over=True, new_price=new, sentence=text)
    return AnswerDecision(taken_over=False, amount=amount, sentence=text)


def _judge_date(line: AnsweredLine, amount: Decimal) -> AnswerDecision:
    if line.promised_on is None:
        return AnswerDecision(
            taken_over=False,
            amount=amount,
            sentence="Back-ordered without a date. Wait or find another source.",
        )
    when = f"{line.promised_on.day} {line.promised_on:%b %Y}"
    late = line.needed_by is not None and line.promised_on > line.needed_by
    if late or line.urgent:
        need = f"needed by {line.needed_by.day} {line.needed_by:%b}" if line.needed_by else "the order is urgent"
        return AnswerDecision(
            taken_over=False,
            amount=amount,
            sentence=f"Promised for {when}, but {need}. Wait or find another source.",
        )
    return AnswerDecision(taken_over=True, sentence=f"Promised for {when}.")


def _n(value: Decimal) -> str:
    return f"{value.normalize():f}"
