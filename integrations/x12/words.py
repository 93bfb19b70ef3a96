"""What segments and elements are called, in our own short words, for people who read a file with us."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _table(text: str) -> dict[str, str]:
    return dict(line.strip().split(" ", 1) for line in text.strip().splitlines())


SEGMENT_TITLES: Final[Mapping[str, str]] = _table("""
    ACK answer to the line
    AK1 answer to a functional group
    AK2 answer to a transaction set
    AK3 segment in error
    AK4 element in error
    AK5 verdict on the transaction set
    AK9 verdict on the functional group
    AMT amount
    BAK beginning of the order's answer
    BCA beginning of the change's answer
    BCH beginning of the order change
    BCT beginning of the price catalog
    BEG beginning of the purchase order
    BIA beginning of the inventory report
    BIG beginning of the invoice
    BPR payment
    BSN beginning of the ship notice
    CAD carrier
    CSH sale requirements
    CTP price
    CTT totals for control
    CUR currency
    DTM date or time
    ENT entity
    FOB terms of delivery
    G53 what to do with the item
    GE end of the functional group
    GS beginning of the functional group
    HL level of the shipment
    IEA end of the interchange
    ISA beginning of the interchange
    ISS shipment totals
    IT1 billed line
    IT3 shipping information
    ITD terms of payment
    LDT lead time
    LE end of a loop
    LIN item
    LS beginning of a loop
    MAN marks and numbers
    MEA measurement
    MSG message text
    N1 party
    N2 further name
    N3 street
    N4 place
    N9 reference with text
    PER contact
    PID description
    PKG packing
    PO1 ordered line
    PO3 further line details
    PO4 pack of the item
    POC changed line
    PRF the order that was shipped
    QTY quantity
    REF reference
    RMR bill that is paid
    SAC allowance or charge
    SCH schedule
    SDQ quantities by destination
    SE end of the transaction set
    SLN part of a line
    SN1 shipped quantity
    ST beginning of the transaction set
    TA1 answer to an interchange
    TAX tax reference
    TD1 packages and weight
    TD3 vehicle
    TD4 special handling
    TD5 carrier and route
    TDS invoice total
    TRN trace number
    TXI tax
""")

ELEMENT_TITLES: Final[Mapping[str, str]] = _table("""
    I08 interchange date
    I09 interchange time
    I12 control number
    I16 number of groups
    I17 verdict
    I18 note
    2 accepted sets
    19 town
    26 country
    28 group control number
    66 kind of id
    67 id
    76 invoice number
    81 weight
    87 mark or number
    88 kind of mark
    92 kind of order
    93 name
    96 number of segments
    97 number of sets
    98 role
    100 currency
    116 postal code
    123 received sets
    124 receiver
    127 reference
    128 kind of reference
    142 sender
    143 transaction set
    156 state
    166 address
    183 volume
    212 unit price
    234 item number
    235 kind of item number
    236 kind of price
    248 allowance or charge
    324 order number
    327 change number
    328 release number
    329 set control number
    330 ordered quantity
    333 basis of the terms
    336 kind of terms
    337 time
    338 discount percent
    347 hash total
    349 form of the description
    350 line number
    351 discount days
    352 text
    353 purpose
    354 number of lines
    355 unit
    358 billed quantity
    363 instruction
    364 number or address
    365 kind of contact
    366 role of the contact
    370 discount until
    373 date
    374 kind of date
    380 quantity
    382 shipped quantity
    386 net days
    387 route or carrier
    396 shipment number
    446 net until
    447 loop
    455 standard
    479 kind of group
    480 version
    522 kind of amount
    554 entity number
    559 agency
    587 kind of answer
    591 method of payment
    610 amount in cents
    623 time zone
    628 level number
    639 basis of the price
    640 kind of invoice
    668 status of the line
    670 kind of change
    671 quantity left to receive
    673 kind of quantity
    683 purpose of the catalog
    684 catalog number
    715 verdict
    717 verdict
    718 error
    716 error
    719 segment's place in the set
    720 error
    721 segment
    723 error
    724 copy of the bad element
    725 data element
    734 parent level
    735 kind of level
    736 has levels below
    751 code of the description
    755 kind of report
    782 amount
    875 what to do
    933 message
    954 percent
    963 kind of tax
    1005 structure of the levels
    1300 service
""")

ISA_TITLES: Final = (
    "authorization qualifier", "authorization", "security qualifier", "security", "kind of sender", "sender", "kind of receiver",
    "receiver", "date", "time", "repetition separator or standard", "version", "control number", "acknowledgement wanted",
    "production or test", "component separator",
)  # fmt: skip
