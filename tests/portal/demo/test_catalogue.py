from __future__ import annotations

import itertools
import subprocess
import sys
import zoneinfo
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from portal.demo import catalogue, contracts, families, people, places, suppliers
from portal.demo.gs1 import is_valid, with_check_digit
from simulators.supplier import behaviour

BASE = Path(__file__).resolve().parents[3]
TODAY = date(2026, 3, 14)
FINGERPRINT = """
import hashlib, datetime
from portal.demo import catalogue, contracts, people, places, suppliers
all_of_it = (catalogue.items(), suppliers.suppliers(), suppliers.offers(), contracts.contracts(datetime.date(2026, 3, 14)),
             places.facilities(), people.people())
print(hashlib.sha256(repr(all_of_it).encode()).hexdigest())
"""


def once(values: list[str]) -> bool:
    return len(set(values)) == len(values)


def test_it_is_the_same_in_every_process() -> None:
    command = [sys.executable, "-c", FINGERPRINT]
    runs = {
        subprocess.run(
            command, cwd=BASE, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@pytest.mark.parametrize(("body", "key"), [("0061414112345", "00614141123452"), ("061414100003", "0614141000036")])
def test_check_digits_are_those_of_gs1(body: str, key: str) -> None:
    assert with_check_digit(body) == key
    assert is_valid(key)
    assert not is_valid(key[:-1] + str((int(key[-1]) + 1) % 10))


class TestItems:
    items = catalogue.items()

    def test_there_are_about_two_thousand_over_all_categories(self) -> None:
        count = Counter(item.category for item in self.items)
        assert 1900 <= len(self.items) <= 2100
        assert set(count) == set(families.CATEGORY_NAMES)
        assert min(count.values()) >= 150

    def test_numbers_descriptions_and_gtins_name_one_thing(self) -> None:
        assert once([item.number for item in self.items])
        assert self.items[0].number == "IT-10001"
        assert once([f"{item.description} {item.manufacturer}" for item in self.items])
        assert once([p.gtin for item in self.items for p in item.packagings])
        assert all(len(item.description) <= 200 for item in self.items)

    def test_every_gtin_is_valid_and_the_first_digit_tells_the_pack_level(self) -> None:
        for item in self.items:
            for level, packaging in enumerate(item.packagings):
                assert len(packaging.gtin) == 14
                assert is_valid(packaging.gtin)
                assert packaging.gtin[0] == str(level)

    def test_packs_start_at_the_base_unit_and_are_exact_multiples_of_each_other(self) -> None:
        for item in self.items:
            sizes = [p.multiplier for p in item.packagings]
            assert item.packagings[0].unit == item.base_unit
            assert sizes[0] == 1
            assert once([p.unit for p in item.packagings])
            assert all(b % a == 0 and b > a for a, b in itertools.pairwise(sizes))

    def test_what_expires_has_a_lot_and_what_is_serial_tracked_is_an_implant(self) -> None:
        assert all(item.lot_tracked for item in self.items if item.expiry_tracked)
        assert {item.category for item in self.items if item.serial_tracked} == {"IMPLANT"}
        assert sum(item.lot_tracked for item in self.items) > 1000

    def test_substitutes_are_other_items_of_the_same_category(self) -> None:
        by_number = {item.number: item for item in self.items}
        pairs = [(item, by_number[s.number]) for item in self.items for s in item.substitutes]
        assert len(pairs) > 300
        assert all(a.number != b.number and a.category == b.category for a, b in pairs)

    def test_most_are_active(self) -> None:
        count = Counter(item.status for item in self.items)
        assert count["active"] / len(self.items) > 0.95
        assert count["on_hold"]
        assert count["discontinued"]


class TestSuppliers:
    sellers = suppliers.suppliers()
    offers = suppliers.offers()

    def test_there_are_forty_with_their_own_addresses(self) -> None:
        assert len(self.sellers) == 40
        assert once([s.code for s in self.sellers])
        assert once([s.name for s in self.sellers])
        assert once([s.gln for s in self.sellers])
        assert once([f"{s.edi_qualifier}{s.edi_id}" for s in self.sellers])
        assert all(is_valid(s.gln) and len(s.gln) == 13 for s in self.sellers)
        assert all(len(s.edi_id) <= 15 and len(s.code) <= 20 for s in self.sellers)

    def test_every_item_is_sold_by_one_to_three_of_which_one_is_preferred(self) -> None:
        sources = Counter(offer.item for offer in self.offers)
        preferred = Counter(offer.item for offer in self.offers if offer.preferred)
        assert set(sources) == {item.number for item in catalogue.items()}
        assert set(sources.values()) == {1, 2, 3}
        assert set(preferred.values()) == {1}

    def test_a_supplier_part_names_one_offer(self) -> None:
        assert once([f"{offer.supplier} {offer.supplier_part}" for offer in self.offers])
        assert once([f"{offer.supplier} {offer.item}" for offer in self.offers])

    def test_every_offer_is_in_a_unit_of_the_item_at_a_price(self) -> None:
        units = {item.number: {p.unit for p in item.packagings} for item in catalogue.items()}
        for offer in self.offers:
            assert offer.order_unit in units[offer.item]
            assert offer.price >= Decimal("0.01")
            assert offer.minimum % offer.multiple == 0

    def test_the_others_are_dearer_than_the_preferred_one(self) -> None:
        preferred = {offer.item: offer.price for offer in self.offers if offer.preferred}
        others = [offer for offer in self.offers if not offer.preferred]
        assert all(offer.price >= preferred[offer.item] for offer in others)

    def test_every_active_supplier_sells_something(self) -> None:
        selling = {offer.supplier for offer in self.offers}
        assert {s.code for s in self.sellers if s.status == "active"} == selling


class TestContracts:
    all = contracts.contracts(TODAY)

    def test_there_are_about_twenty_five_of_both_kinds(self) -> None:
        assert 24 <= len(self.all) <= 30
        assert once([contract.number for contract in self.all])
        assert {contract.kind for contract in self.all} == {"gpo", "local"}
        assert all(contract.lines for contract in self.all)

    def test_some_are_not_in_force_and_some_only_for_a_few_facilities(self) -> None:
        idle = [contract for contract in self.all if not contract.in_force(TODAY)]
        assert {contract.status for contract in idle} == {"expired", "suspended", "draft", "active"}
        assert sum(contract.in_force(TODAY) for contract in self.all) >= 20
        limited = [contract for contract in self.all if contract.facilities]
        assert len(limited) >= 3
        known = {facility.code for facility in places.facilities()}
        assert all(set(contract.facilities) <= known for contract in limited)

    def test_the_days_agree_with_the_status(self) -> None:
        for contract in self.all:
            assert contract.valid_from < contract.valid_to
            if contract.status == "expired":
                assert contract.valid_to < TODAY

    def test_about_three_quarters_of_the_items_are_on_contract(self) -> None:
        covered = {line.item for contract in self.all if contract.in_force(TODAY) for line in contract.lines}
        assert 0.72 <= len(covered) / len(catalogue.items()) <= 0.80

    def test_off_contract_alternatives_exist_and_cost_more(self) -> None:
        best: dict[tuple[str, str], Decimal] = {}
        for contract in self.all:
            for line in contract.lines if contract.in_force(TODAY) else ():
                key = (line.item, line.unit)
                best[key] = min(line.price, best.get(key, line.price))
        off = [offer for offer in suppliers.offers() if (offer.item, offer.order_unit) in best and not offer.preferred]
        assert len(off) > 500
        assert all(offer.price > best[offer.item, offer.order_unit] for offer in off)

    def test_larger_quantities_cost_less(self) -> None:
        lines = [line for contract in self.all for line in contract.lines if line.breaks]
        assert len(lines) > 100
        for line in lines:
            prices = [line.price, *(b.price for b in line.breaks)]
            quantities = [Decimal(1), *(b.quantity for b in line.breaks)]
            assert prices == sorted(prices, reverse=True)
            assert quantities == sorted(set(quantities))

    def test_the_days_follow_today(self) -> None:
        later = contracts.contracts(date(2027, 1, 1))
        assert [c.lines for c in later] == [c.lines for c in self.all]
        assert later[0].valid_from > self.all[0].valid_from


class TestPlaces:
    facilities = places.facilities()

    def test_eight_hospitals_and_two_clinics_in_two_states_and_time_zones(self) -> None:
        assert Counter(f.kind for f in self.facilities) == {"hospital": 8, "clinic": 2}
        assert len({f.state for f in self.facilities}) == 2
        assert {zoneinfo.ZoneInfo(f.timezone).key for f in self.facilities} == {"America/Chicago", "America/New_York"}

    def test_about_sixty_departments_and_storerooms_with_their_own_glns(self) -> None:
        all_places = [location for f in self.facilities for location in f.locations]
        assert 55 <= sum(location.kind in {"department", "storeroom"} for location in all_places) <= 65
        glns = [f.gln for f in self.facilities] + [location.gln for location in all_places]
        assert once(glns)
        assert all(is_valid(gln) and len(gln) == 13 for gln in glns)

    def test_every_facility_has_a_storeroom_a_dock_and_a_quarantine(self) -> None:
        for facility in self.facilities:
            kinds = Counter(location.kind for location in facility.locations)
            assert (kinds["storeroom"], kinds["dock"], kinds["quarantine"]) == (1, 1, 1)
            assert once([location.code for location in facility.locations])

    def test_departments_are_paid_for_and_filled_from_their_own_facility(self) -> None:
        for facility in self.facilities:
            centers = {center.code for center in facility.cost_centers}
            codes = {location.code for location in facility.locations}
            for location in facility.locations:
                assert location.cost_center in centers
                assert location.replenished_from is None or location.replenished_from in codes
        assert once([center.code for f in self.facilities for center in f.cost_centers])
        assert sum(location.par for f in self.facilities for location in f.locations) >= 40


class TestPeople:
    everybody = people.people()
    by_email = {person.email: person for person in everybody}

    def test_about_forty_with_their_own_addresses(self) -> None:
        assert 38 <= len(self.everybody) <= 44
        assert len(self.by_email) == len(self.everybody)
        assert all(email.isascii() and email.endswith("@meridianhealth.example") for email in self.by_email)

    def test_every_role_is_held_and_every_facility_has_its_own_people(self) -> None:
        assert {role for person in self.everybody for role in person.roles} == set(people.ROLES)
        known = {facility.code for facility in places.facilities()}
        for role in ("requester", "approver", "receiver", "stock_clerk", "ap_clerk"):
            served = {g.facility for person in self.everybody for g in person.grants if g.role == role and g.facility}
            assert served == known, role

    def test_managers_come_first_and_the_chain_ends_at_the_top(self) -> None:
        seen: set[str] = set()
        for person in self.everybody:
            assert person.manager is None or person.manager in seen
            seen.add(person.email)
        assert [person.name for person in self.everybody if person.manager is None] == ["Margaret Osei"]

    def test_each_requester_reports_to_an_approver_of_the_same_facility(self) -> None:
        for person in self.everybody:
            if person.roles != ("requester",):
                continue
            manager = self.by_email[person.manager or ""]
            assert any(
                g.role == "approver" and g.facility in {h.facility for h in person.grants} for g in manager.grants
            )

    def test_limits_grow_up_the_chain(self) -> None:
        def limit(person: people.Person) -> Decimal:
            return max(
                (
                    g.limit if g.limit is not None else Decimal("Infinity")
                    for g in person.grants
                    if g.role == "approver"
                ),
                default=Decimal(0),
            )

        for person in self.everybody:
            if person.manager and limit(person):
                assert limit(person) < limit(self.by_email[person.manager])

    def test_nobody_both_receives_and_clears_invoices(self) -> None:
        assert not any({"receiver", "ap_clerk"} <= set(person.roles) for person in self.everybody)
        assert not any({"buyer", "receiver"} <= set(person.roles) for person in self.everybody)

    def test_one_delegation_runs_today_between_two_approvers(self) -> None:
        (delegation,) = people.delegations(TODAY)
        assert delegation.starts_on <= TODAY <= delegation.ends_on
        for email in (delegation.lender, delegation.delegate):
            grants = self.by_email[email].grants
            assert any(g.role == delegation.role and g.facility == delegation.facility for g in grants)


def test_the_behaviours_are_of_suppliers_that_exist_and_known_to_the_simulator() -> None:
    behaviours = behaviour.load(BASE / "portal" / "demo" / "behaviours.json")
    assert set(behaviours) - {"*"} <= {supplier.code for supplier in suppliers.suppliers()}
