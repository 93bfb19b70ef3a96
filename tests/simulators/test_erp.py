from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators.companies import ErpClient, erp, until


def purchase_order(reference: str = "PO-1", **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "supplier": "MEDSUP",
        "currency": "USD",
        "ordered_on": "2026-03-01",
        "lines": [
            {
                "line_number": 1,
                "item": "100234",
                "quantity": "12",
                "unit": "CA",
                "unit_price": "48.50",
                "cost_center": "CC-1",
            },
            {
                "line_number": 2,
                "item": "100300",
                "quantity": "5",
                "unit": "BX",
                "unit_price": "21.75",
                "cost_center": "CC-2",
            },
        ],
    } | changes


def receipt(number: str, reference: str = "REC-1", line: int = 1) -> dict[str, Any]:
    lines = [{"line_number": line, "quantity": "12", "unit": "CA", "lot": "L1", "expiry": "2028-01-31"}]
    return {
        "reference": reference,
        "purchase_order": number,
        "received_at": "2026-03-04T10:00:00+00:00",
        "lines": lines,
    }


def voucher(number: str, reference: str = "INV-1", **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "supplier": "MEDSUP",
        "supplier_invoice": f"S-{reference}",
        "purchase_order": number,
        "currency": "USD",
        "kind": "invoice",
        "total": "582.00",
        "lines": [{"line_number": 1, "description": "Gauze", "quantity": "12", "unit": "CA", "unit_price": "48.50"}],
    } | changes


@pytest.fixture
def company(tmp_path: Path) -> Iterator[ErpClient]:
    with erp(tmp_path / "erp.sqlite3", "--pay-after", 0) as client:
        yield client


def ordered(company: ErpClient, reference: str = "PO-1") -> str:
    status, answer = company.call("POST", "/purchase-orders", purchase_order(reference))
    assert status == 201
    number: str = answer["erp_number"]
    return number


def test_the_whole_road_from_order_to_payment(company: ErpClient) -> None:
    status, order = company.call("POST", "/purchase-orders", purchase_order())
    assert status == 201
    assert {k: order[k] for k in ("reference", "status", "version", "total")} == {
        "reference": "PO-1",
        "status": "open",
        "version": 1,
        "total": "690.75",
    }
    number = order["erp_number"]
    status, received = company.call("POST", "/receipts", receipt(number))
    assert (status, received["purchase_order"]) == (201, number)
    status, posted = company.call("POST", "/vouchers", voucher(number))
    assert (status, posted["status"], posted["total"]) == (201, "scheduled", "582.00")
    status, payments = company.call("GET", "/payments?since=0")
    assert [(each["reference"], each["status"], each["amount"]) for each in payments["results"]] == [
        ("INV-1", "scheduled", "582.00"),
        ("INV-1", "paid", "582.00"),
    ]
    assert payments["results"][1]["paid_on"]
    assert company.call("GET", f"/payments?since={payments['next']}")[1]["results"] == []


def test_payments_come_in_pages(company: ErpClient) -> None:
    number = ordered(company)
    for place in range(3):
        company.call("POST", "/vouchers", voucher(number, f"INV-{place}"))
    seen, since, pages, more = [], "0", 0, True
    while more:
        page = company.call("GET", f"/payments?since={since}&limit=2")[1]
        seen += [each["cursor"] for each in page["results"]]
        since, more, pages = page["next"], page["more"], pages + 1
    assert len(seen) == len(set(seen)) == 6
    assert pages == 3


def test_payment_waits_its_time(tmp_path: Path) -> None:
    with erp(tmp_path / "erp.sqlite3", "--pay-after", 3600) as company:
        company.call("POST", "/vouchers", voucher(ordered(company)))
        assert [each["status"] for each in company.call("GET", "/payments")[1]["results"]] == ["scheduled"]


@pytest.mark.parametrize("kind", ["purchase-orders", "receipts", "vouchers"])
def test_the_same_reference_gives_the_same_number(company: ErpClient, kind: str) -> None:
    number = ordered(company, "PO-0")
    body = {"purchase-orders": purchase_order("X"), "receipts": receipt(number, "X"), "vouchers": voucher(number, "X")}[
        kind
    ]
    first, second = company.call("POST", f"/{kind}", body), company.call("POST", f"/{kind}", body)
    assert (first[0], second[0]) == (201, 200)
    assert first[1]["erp_number"] == second[1]["erp_number"]
    found = company.call("GET", f"/{kind}?reference=X")[1]["results"]
    assert [each["erp_number"] for each in found] == [first[1]["erp_number"]]
    assert company.call("GET", f"/{kind}?reference=Y")[1] == {"results": []}


def test_an_erp_that_does_not_check_references_makes_doubles_and_shows_them(tmp_path: Path) -> None:
    with erp(tmp_path / "erp.sqlite3", "--unique-reference", "off") as company:
        assert ordered(company) != ordered(company)
        assert company.stats()["purchase_orders"] == {"documents": 2, "references": 1, "doubled": ["PO-1"]}
        assert len(company.call("GET", "/purchase-orders?reference=PO-1")[1]["results"]) == 2


def test_changes_replace_the_lines_and_repeat_harmlessly(company: ErpClient) -> None:
    number = ordered(company)
    lines = [{**purchase_order()["lines"][0], "quantity": "4"}]
    for _ in range(2):
        status, answer = company.call("PUT", f"/purchase-orders/{number}", purchase_order(revision=1, lines=lines))
        assert (status, answer["version"], answer["total"]) == (200, 2, "194.00")


def test_cancelling_repeats_harmlessly_and_ends_changes(company: ErpClient) -> None:
    number = ordered(company)
    for _ in range(2):
        status, answer = company.call("POST", f"/purchase-orders/{number}/cancel")
        assert (status, answer["status"]) == (200, "cancelled")
    assert company.call("PUT", f"/purchase-orders/{number}", purchase_order(revision=1))[1]["code"] == "not_open"
    assert company.call("POST", "/receipts", receipt(number))[1]["code"] == "cancelled"


def test_a_received_order_cannot_be_cancelled(company: ErpClient) -> None:
    number = ordered(company)
    company.call("POST", "/receipts", receipt(number))
    assert company.call("POST", f"/purchase-orders/{number}/cancel")[1]["code"] == "has_receipts"


@pytest.mark.parametrize(
    ("path", "body", "code", "field"),
    [
        ("/purchase-orders", purchase_order(reference=""), "missing", "reference"),
        ("/purchase-orders", purchase_order(supplier=""), "missing", "supplier"),
        ("/purchase-orders", purchase_order(lines=[]), "missing", "lines"),
        ("/purchase-orders", purchase_order(lines=[{"line_number": 1, "quantity": 2}]), "invalid", "lines.0.quantity"),
        (
            "/purchase-orders",
            purchase_order(lines=[{"line_number": 1, "quantity": "2"}]),
            "missing",
            "lines.0.unit_price",
        ),
        ("/purchase-orders", purchase_order(lines=purchase_order()["lines"][:1] * 2), "invalid", "lines.1.line_number"),
        ("/receipts", receipt("999"), "unknown_purchase_order", "purchase_order"),
        ("/vouchers", voucher("999"), "unknown_purchase_order", "purchase_order"),
        ("/vouchers", voucher("", total="1e3"), "invalid", "total"),
    ],
)
def test_what_is_wrong_is_refused_with_its_field(
    company: ErpClient, path: str, body: dict[str, Any], code: str, field: str
) -> None:
    status, answer = company.call("POST", path, body)
    assert (status, answer["code"], answer["field"]) == (422, code, field)
    assert answer["message"].endswith(".")


def test_lines_and_currency_must_fit_the_order(company: ErpClient) -> None:
    number = ordered(company)
    assert company.call("POST", "/receipts", receipt(number, line=9))[1]["field"] == "lines.0.line_number"
    assert company.call("POST", "/vouchers", voucher(number, currency="EUR"))[1]["field"] == "currency"


def test_a_supplier_invoice_is_vouchered_once(company: ErpClient) -> None:
    number = ordered(company)
    company.call("POST", "/vouchers", voucher(number, supplier_invoice="S-1"))
    assert (
        company.call("POST", "/vouchers", voucher(number, "INV-2", supplier_invoice="S-1"))[1]["code"]
        == "duplicate_invoice"
    )


def test_budgets_know_commitments_and_actuals(company: ErpClient) -> None:
    row = {"cost_center": "CC-1", "period": "2026-03", "currency": "USD", "budget": "10000.00", "actual": "100.00"}
    assert company.call("PUT", "/budgets", {"budgets": [row]}) == (200, {"stored": 1})

    def figures() -> tuple[str, str]:
        (found,) = company.call("GET", "/budgets?cost_center=CC-1&period=2026-03")[1]["results"]
        return found["committed"], found["actual"]

    assert figures() == ("0", "100.00")
    number = ordered(company)
    assert figures() == ("582.00", "100.00")
    company.call("POST", "/vouchers", voucher(number))
    assert figures() == ("0.00", "682.00")
    other = ordered(company, "PO-2")
    company.call("POST", f"/purchase-orders/{other}/cancel")
    assert figures() == ("0.00", "682.00")
    assert company.call("GET", "/budgets?cost_center=CC-9")[1] == {"results": []}


def test_without_the_token_nothing_is_told(company: ErpClient) -> None:
    for path in ("/purchase-orders?reference=PO-1", "/_stats", "/payments"):
        response = company.http.get(path, headers={"Authorization": "Bearer wrong"})
        assert response.status_code == 401
    assert company.http.get("/health", headers={"Authorization": ""}).json() == {"status": "ok"}


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000])
def test_a_malformed_body_is_refused(company: ErpClient, body: bytes) -> None:
    assert company.http.post("/receipts", content=body).status_code == 400


def test_unknown_paths_are_404(company: ErpClient) -> None:
    assert company.call("GET", "/nothing")[0] == 404
    assert company.call("PUT", "/purchase-orders/1", purchase_order())[0] == 404


# -- faults ------------------------------------------------------------------------------------------------------------


def test_fail_says_when_to_come_back_and_stores_nothing(company: ErpClient) -> None:
    company.fault("fail", match="PO-1", seconds=7, count=1)
    response = company.http.post("/purchase-orders", json=purchase_order())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
    assert company.stats()["purchase_orders"]["documents"] == 0
    assert ordered(company)


def test_a_fault_strikes_only_what_it_is_meant_for(company: ErpClient) -> None:
    company.fault("fail", match="PO-1")
    company.fault("reject", method="POST", path="/receipts")
    number = ordered(company, "PO-2")
    assert company.call("POST", "/purchase-orders", purchase_order())[0] == 503
    assert company.call("POST", "/receipts", receipt(number))[1]["code"] == "blocked_supplier"
    company.fault("ok")
    assert ordered(company)
    assert company.call("POST", "/receipts", receipt(number))[0] == 201


def test_a_fault_finds_an_order_by_the_number_in_the_path(company: ErpClient) -> None:
    number = ordered(company, "PO-77")
    company.fault("reject", match="PO-77")
    assert company.call("POST", f"/purchase-orders/{number}/cancel")[0] == 422


def test_a_dropped_answer_was_accepted_and_can_be_looked_up(company: ErpClient) -> None:
    company.fault("drop_answer", match="PO-1")
    with pytest.raises(httpx.RemoteProtocolError):
        company.call("POST", "/purchase-orders", purchase_order())
    (found,) = company.call("GET", "/purchase-orders?reference=PO-1")[1]["results"]
    company.fault("ok", match="PO-1")
    assert company.call("POST", "/purchase-orders", purchase_order()) == (200, found)


def test_a_dropped_request_was_not_accepted(company: ErpClient) -> None:
    company.fault("drop_request", count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        company.call("POST", "/purchase-orders", purchase_order())
    assert company.stats()["purchase_orders"]["documents"] == 0


def test_a_late_acceptance_comes_after_the_time_out(company: ErpClient) -> None:
    company.fault("late", seconds=0.2, count=1)
    assert company.call("POST", "/purchase-orders", purchase_order())[0] == 504
    until(lambda: company.stats()["purchase_orders"]["documents"], "the late acceptance")


def test_slow_answers_come_in_the_end(company: ErpClient) -> None:
    company.fault("slow", seconds=0.3, count=1)
    with pytest.raises(httpx.ReadTimeout):
        company.http.post("/purchase-orders", json=purchase_order(), timeout=0.1)
    until(lambda: company.stats()["purchase_orders"]["documents"], "the slow order")


def test_a_schema_change_renames_and_omits(company: ErpClient) -> None:
    company.fault("schema_change", count=1)
    status, answer = company.call("POST", "/purchase-orders", purchase_order())
    assert status == 201
    assert "erp_number" not in answer
    assert "status" not in answer
    assert answer["document_id"]


@pytest.mark.parametrize(("mode", "status"), [("unauthorized", 401), ("rate_limit", 429), ("html", 200)])
def test_other_hostile_answers(company: ErpClient, mode: str, status: int) -> None:
    company.fault(mode, count=1)
    assert company.http.post("/purchase-orders", json=purchase_order()).status_code == status
    assert company.stats()["purchase_orders"]["documents"] == 0


def test_an_unknown_fault_is_refused(company: ErpClient) -> None:
    assert company.call("POST", "/_control", {"mode": "explode"})[0] == 422


# -- the process -------------------------------------------------------------------------------------------------------


def test_a_killed_erp_remembers(tmp_path: Path) -> None:
    with erp(tmp_path / "erp.sqlite3") as company:
        number = ordered(company)
        company.running.end(signal.SIGKILL)
    with erp(tmp_path / "erp.sqlite3") as company:
        assert company.call("POST", "/purchase-orders", purchase_order())[1]["erp_number"] == number
        assert company.running.end(signal.SIGTERM) == 0


def test_orders_from_before_keep_their_numbers_and_are_read_once(tmp_path: Path) -> None:
    opening = tmp_path / "opening.json"
    opening.write_text(json.dumps({"purchase_orders": [{"erp_number": "4400000007", "body": purchase_order()}]}))
    for _ in range(2):
        with erp(tmp_path / "erp.sqlite3", "--opening", opening) as company:
            assert company.stats()["purchase_orders"]["documents"] == 1
            assert company.call("POST", "/receipts", receipt("4400000007"))[0] in (200, 201)


def test_a_taken_port_is_said_in_words(company: ErpClient, tmp_path: Path) -> None:
    port = company.running.ready.rsplit(":", 1)[1]
    with pytest.raises(AssertionError, match="cannot listen"), erp(tmp_path / "other.sqlite3", "--port", port):
        pass
