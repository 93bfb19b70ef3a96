"""Short hand-written code tables: what the codes mean that we write, read or meet often. A partner's profile adds its own.

A *closed* list is one whose meaning decides something: a code outside of it is a finding. The others only explain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _table(text: str) -> dict[str, str]:
    return dict(line.strip().split(" ", 1) for line in text.strip().splitlines())


UNITS: Final = _table("""
    EA each
    BX box
    CA case
    CS case
    PK package
    CT carton
    DZ dozen
    PC piece
    UN unit
    BG bag
    BO bottle
    CN can
    KT kit
    PR pair
    RL roll
    ST set
    TB tube
    TY tray
    VI vial
    AM ampoule
    BR barrel
    BD bundle
    CO cubic metre
    CF cubic foot
    CM centimetre
    CI cubic inch
    DR drum
    DA day
    EV envelope
    FT foot
    FG flask
    GA gallon
    GR gram
    HR hour
    IN inch
    JR jar
    KG kilogram
    KI kit with instructions
    LB pound
    LT litre
    LF linear foot
    MC microgram
    ME milligram
    ML millilitre
    MO month
    MR metre
    OZ ounce
    P1 percent
    PA pail
    PD pad
    PL pallet unit
    PF pallet
    PH pack
    PT pint
    QT quart
    RE reel
    SF square foot
    SH sheet
    SL sleeve
    SP shelf package
    TH thousand
    TM thousand feet
    HU hundred
    YD yard
    ZZ agreed between the partners
""")

PURPOSES: Final = _table("""
    00 original
    01 cancellation
    02 add
    03 delete
    04 change
    05 replacement
    06 confirmation
    07 duplicate
    11 response
    12 not processed
    14 advance notification
    18 reissue
    22 information copy
    24 draft
""")

CLOSED: Final[Mapping[str, Mapping[str, str]]] = {
    "353": PURPOSES,
    "355": UNITS,
    "587": _table("""
        AC acknowledged with details and changes
        AD acknowledged with details, no change
        AE acknowledged, exceptions only
        AH acknowledged, on hold
        AK acknowledged, no details
        AP accepted product
        AT accepted
        RD rejected with details
        RF rejected, resubmit with corrections
        RJ rejected
    """),
    "640": _table("""
        CI consolidated invoice
        CN credit invoice
        CR credit memo
        DI debit invoice
        DR debit memo
        PR product invoice
        FB final bill
        RA request for credit
    """),
    "668": _table("""
        AC accepted and shipped
        AR accepted and released
        BP part shipped, the rest back-ordered
        DR date rescheduled
        IA accepted
        IB back-ordered
        IC accepted with changes
        ID deleted
        IE price pending
        IF on hold, incomplete description
        IH on hold
        IP price changed
        IQ quantity changed
        IR rejected
        IS substituted
        IW on hold, waiver required
        R1 rejected: not a contract item
        R2 rejected: invalid item number
        R3 rejected: invalid unit
        R4 rejected: contract item unavailable
        R5 rejected: reorder item as replacement
    """),
    "670": _table("""
        AI add an item
        CA change
        CC changes other than quantity
        CT change of dates
        DI delete the item
        MU change of several elements
        NC no change
        OA addition to the order
        OC cancellation
        PC price change
        PQ price and quantity change
        QD quantity decrease
        QI quantity increase
        RA replace all values
        RB replace all dates
        RC reject the item change
        RE replacement item
        RQ reschedule and change quantity
        RS reschedule
    """),
    "715": _table("""
        A accepted
        E accepted, errors were noted
        M rejected, message authentication failed
        P part of the sets accepted
        R rejected
        W rejected, assurance failed
        X rejected, could not be decrypted
    """),
    "717": _table("""
        A accepted
        E accepted, errors were noted
        M rejected, message authentication failed
        R rejected
        W rejected, assurance failed
        X rejected, could not be decrypted
    """),
    "735": _table("""
        I item
        O order
        P pack
        S shipment
        T tare (shipping unit)
        D product description
        E transport equipment
        K kit component
        L load
        Q subpack
        V address
    """),
}
"""Data element → its codes."""

OPEN: Final[Mapping[str, Mapping[str, str]]] = {
    "92": _table("""
        BK blanket order
        CN consigned order
        DS drop ship
        EO emergency order
        KN standing order release
        NE new order
        RL release
        RO rush order
        SA stand-alone order
        SO standing order
    """),
    "98": _table("""
        BT bill to
        BY buyer
        PE payee
        PR payer
        RE remit to
        RI remit to
        SE seller
        SF ship from
        SO sold to
        ST ship to
        SU supplier
        VN vendor
        WH warehouse
        LW location of the order
        Z7 mark for
    """),
    "66": _table("""
        1 DUNS number
        9 DUNS number with suffix
        21 Health Industry Number
        91 assigned by the seller
        92 assigned by the buyer
        UL Global Location Number
        ZZ agreed between the partners
    """),
    "235": _table("""
        BP buyer's part number
        CB buyer's catalog number
        EN GTIN-13
        EO GTIN-8
        HI HIBC
        IN buyer's item number
        LT lot number
        MF manufacturer
        MG manufacturer's part number
        ND National Drug Code
        PD description
        SK stock keeping unit
        SN serial number
        SR substituted item
        UA UPC case code
        UK GTIN-14
        UP UPC-12
        UX Universal Product Number
        VC vendor's catalog number
        VN vendor's item number
        VP vendor's part number
        ZZ agreed between the partners
    """),
    "128": _table("""
        2I tracking number
        BM bill of lading
        BT batch number
        CN carrier's reference
        CO customer order number
        CT contract number
        DP department
        IA vendor number
        IV invoice number
        LT lot number
        OI original invoice number
        PO purchase order number
        SE serial number
        TN transaction reference
        VN vendor's order number
        ZZ agreed between the partners
    """),
    "374": _table("""
        001 cancel after
        002 requested delivery
        003 invoice date
        004 purchase order date
        007 effective date
        010 requested shipment
        011 shipped
        017 estimated delivery
        035 delivered
        036 expiry
        037 ship not before
        038 ship not later
        067 promised delivery
        068 promised shipment
        080 scheduled for shipment
        093 contract effective
        106 required by
        197 end
        371 fiscal or stock date
    """),
    "479": _table("""
        CA change acknowledgement (865)
        FA functional acknowledgement (997, 999)
        IB inventory (846)
        IN invoice (810)
        OW warehouse order (940)
        PC order change (860)
        PO purchase order (850)
        PR purchase order acknowledgement (855)
        RA remittance (820)
        SC price catalog (832)
        SH ship notice (856)
    """),
    "639": _table("""
        CA catalog price
        CT contract price
        HP price per hundred
        PE price per each
        TE contract price per each
        TP price per thousand
        UM price per unit of measure
        WE wholesale price per each
    """),
    "673": _table("""
        01 discrete quantity
        02 cumulative quantity
        17 on hand
        33 available for sale
        38 original quantity
        63 on order
        QH on hold
    """),
    "591": {
        "ACH": "automated clearing house",
        "CHK": "check",
        "FWT": "wire transfer",
        "NON": "no payment",
        "ZZZ": "agreed",
    },
    "875": {"001": "change", "002": "delete", "021": "add"},
    "248": {"A": "allowance", "C": "charge", "N": "neither, for information", "P": "promotion", "Q": "charge request"},
    "620": {"0": "no acknowledgement wanted", "1": "acknowledgement wanted"},
    "I14": {"P": "production", "T": "test", "I": "information"},
    "720": _table("""
        1 segment unknown
        2 segment not expected here
        3 mandatory segment missing
        4 loop occurs too often
        5 segment occurs too often
        6 segment not in this transaction set
        7 segment out of sequence
        8 segment has element errors
    """),
    "723": _table("""
        1 mandatory element missing
        2 conditional element missing
        3 too many elements
        4 element too short
        5 element too long
        6 invalid character
        7 invalid code
        8 invalid date
        9 invalid time
        10 elements exclude each other
    """),
    "718": _table("""
        1 transaction set not supported
        2 transaction set trailer missing
        3 control numbers of header and trailer differ
        4 number of segments differs from the count
        5 one or more segments in error
        6 transaction set identifier missing or invalid
        7 control number missing or invalid
        23 control number not unique within the group
    """),
    "716": _table("""
        1 group not supported
        2 version not supported
        3 group trailer missing
        4 control numbers of header and trailer differ
        5 number of sets differs from the count
        6 control number violates the syntax
    """),
    "I17": {"A": "accepted", "E": "accepted with errors", "R": "rejected"},
    "I18": _table("""
        000 no error
        001 control numbers of header and trailer differ
        002 version not supported
        003 version not supported
        004 segment terminator invalid
        005 sender's qualifier invalid
        006 sender's id invalid
        007 receiver's qualifier invalid
        008 receiver's id invalid
        009 receiver unknown
        014 interchange date invalid
        015 interchange time invalid
        016 standards identifier invalid
        017 version invalid
        018 control number invalid
        019 acknowledgement request invalid
        020 test indicator invalid
        021 number of groups differs from the count
        022 control structure invalid
        023 end of file too early
        024 interchange content invalid
        025 duplicate interchange control number
        026 element separator invalid
        027 component separator invalid
    """),
}


def meaning(reference: str, code: str) -> str:
    """What a code of a data element means, an empty text where we do not say."""
    table = CLOSED.get(reference) or OPEN.get(reference) or {}
    return table.get(code, "")
