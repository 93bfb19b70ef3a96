"""The transaction sets we read and write, declared as nested loops.

`NAME!` is mandatory, `NAME*9` may occur nine times (`*` alone: any number), `NAME*9{…}` is a loop that begins with NAME.
Segments that real partners send at these places are listed; what is not listed is let through with a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_PARTY: Final = "N1*200{N2*2 N3*2 N4* NX2* REF*12 PER*3 SI* DTM FOB TD1*2 TD5*12 TD3*12 TD4*5 PKG*}"
_NOTES: Final = "N9*1000{DTM MEA* MSG*1000 PWK*}"
_CHARGE: Final = "SAC*25{CUR TXI* CTP*}"
_ITEM_TEXT: Final = "PID*1000{MEA*10}"
_ORDER_HEAD: Final = (
    f"CUR REF* PER*3 TAX* FOB* CTP* PAM*10 CSH*5 {_CHARGE} ITD* DIS*20 INC DTM*10 LIN*5 SI* PID*200 MEA*40 PWK*25 PKG*200"
    f" TD1*2 TD5*12 TD3*12 TD4*5 MAN*10 PCT* CTB*5 TXI* LDT*{{QTY* MSG REF*}} AMT*{{REF* DTM PCT*}} {_NOTES} {_PARTY} SPI*{{MSG*}}"
)
_ORDER_LINE: Final = (
    f"LIN* SI* CUR CN1 PO3*25 CTP*{{CUR}} PAM*10 CTB* MEA*40 {_ITEM_TEXT} PWK*25 PO4* REF* PER*3 {_CHARGE} IT8*25 CSH ITD*2 DIS*20"
    f" INC TAX*3 FOB SDQ*500 IT3*5 DTM*10 LDT* TC2*2 TD1 TD5*12 TD3*12 TD4*5 PCT* MAN*10 ACK*104{{DTM MEA}} MSG* SPI* TXI* CTB*"
    f" QTY*{{SI*}} SCH*200{{TD1*2 TD5*12 TD3*12 TD4*5 REF*}} PKG*200 LS LE {_NOTES} {_PARTY}"
    " SLN*1000{MSG* SI* PID*1000 PO3*104 TC2 ACK* SAC*25 DTM*10 CTP*25 PAM*10 PO4 TAX*3 N9*}"
)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction set: its name, the group it travels in and its segments."""

    name: str
    functional_id: str
    layout: str


TRANSACTIONS: Final[Mapping[str, Transaction]] = {
    "810": Transaction(
        "invoice",
        "IN",
        f"ST! BIG! NTE*100 CUR REF*12 YNQ*10 PER*3 N1*200{{N2*2 N3*2 N4 REF*12 PER*3 DMG}} ITD* DTM*10 FOB PID*200 MEA*40 PWK*25"
        f" PKG*25 L7 BAL* INC PAM* LM*10{{LQ*}} N9{{MSG*}} V1 FA1*{{FA2*}}"
        f" IT1*200000{{CRC QTY*5 CUR IT3*5 TXI*10 CTP*25 PAM*10 MEA*40 {_ITEM_TEXT} PWK*25 PKG*25 PO4 ITD*2 REF* YNQ*10 PER*5 SDQ*500"
        f" DTM*10 CAD* L7* SR SAC*25{{TXI*10}} SLN*1000{{DTM REF* PID*1000 SAC*25 TC2*2 TXI*10}} N1*200{{N2*2 N3*2 N4 REF*12 PER*3}}"
        " LM*10{LQ*}}"
        " TDS! TXI*10 CAD AMT* SAC*25{TXI*10} ISS*{PID MEA} CTT SE!",
    ),
    "820": Transaction(
        "remittance",
        "RA",
        "ST! BPR! NTE* TRN CUR REF* DTM* N1*{N2* N3* N4 REF* PER* RDM DTM*}"
        " ENT*{NM1* N1*{N2* N3* N4 REF* PER*} ADX* RMR*{NTE* REF* DTM* IT1*{REF*} ADX*}} TXP*{REF*} CTT SE!",
    ),
    "832": Transaction(
        "price catalog",
        "SC",
        f"ST! BCT! CUR REF* PER*3 SI* DTM*10 CTB*5 PID*200 MEA*40 PKG*25 TD5*5 ITD*5 DIS*20 FOB SAC*25 PAM* {_NOTES} {_PARTY}"
        f" LIN*{{G53 SI* CUR DTM*10 REF* PER*3 DTM*10 CTB*5 PID*200 MEA*40 PKG*25 PO4* TD5*5 ITD DIS*20 SAC*25 G53 TC2* LDT PWK* IT8* FOB*"
        f" SLN*1000{{DTM*10 PID* MEA* PO4*}} CTP*{{CUR DTM* SAC*25}} {_NOTES} {_PARTY}}} CTT SE!",
    ),
    "846": Transaction(
        "inventory report",
        "IB",
        f"ST! BIA! CUR DTM*10 REF*12 PER*3 PID* {_PARTY}"
        f" LIN*10000{{SI* PID*200 MEA*40 PKG*25 DTM*10 CTP*25 CUR REF* PER*3 PO4* LDT*{{MAN* REF*}} IT3*5 G53 MAN*"
        f" SLN*1000{{DTM*10 PID* REF*}} QTY*{{MEA* UIT* DTM*10 SCH*25 LDT*{{MAN* REF*}} LS REF* LE}} N9*{{MSG*}} {_PARTY}}}"
        " CTT SE!",
    ),
    "850": Transaction(
        "purchase order",
        "PO",
        f"ST! BEG! {_ORDER_HEAD} PO1!*100000{{{_ORDER_LINE}}} CTT AMT* SE!",
    ),
    "855": Transaction(
        "purchase order acknowledgement",
        "PR",
        f"ST! BAK! {_ORDER_HEAD} PO1*100000{{{_ORDER_LINE}}} CTT AMT* SE!",
    ),
    "856": Transaction(
        "ship notice",
        "SH",
        "ST! BSN! DTM*10"
        " HL!*200000{LIN SN1 SLN*1000 PRF PO4 PID*200 MEA*40 PWK*25 PKG*25 TD1*20 TD5*12 TD3*12 TD4*5 TSD REF* PER*3 LH1* CLD*{REF*}"
        " MAN* DTM*10 FOB PAL N1*200{N2*2 N3*2 N4 REF*12 PER*3 FOB} SDQ*50 ETD* CUR SAC* ITD* GF* YNQ* LM* V1* PAM*10} CTT SE!",
    ),
    "860": Transaction(
        "purchase order change",
        "PC",
        f"ST! BCH! {_ORDER_HEAD} POC*{{{_ORDER_LINE}}} CTT AMT* SE!",
    ),
    "865": Transaction(
        "purchase order change acknowledgement",
        "CA",
        f"ST! BCA! {_ORDER_HEAD} POC*{{{_ORDER_LINE}}} CTT AMT* SE!",
    ),
    "997": Transaction(
        "functional acknowledgement",
        "FA",
        "ST! AK1! AK2*999999{AK3*999999{AK4*99} AK5!} AK9! SE!",
    ),
}
"""Transaction set code → what it looks like."""
