"""What the messages look like in D96A, in the same notation as the X12 transaction sets."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from integrations.x12.structure import Layout

_NAD: Final = "NAD*99{LOC*25 FII*5 RFF*99{DTM*5} DOC*5{DTM*5} CTA*5{COM*5}}"
_ALC: Final = "ALC*99{ALI*5 DTM*5 QTY RNG PCD*2 MOA*2 RTE TAX*5{MOA}}"
_HEAD: Final = (
    f"UNH! BGM! DTM*35 PAI ALI*5 IMD*5 FTX*99 LOC*10 GIS*10 DGS RFF*99{{DTM*5 LOC*2}} {_NAD} TAX*5{{MOA LOC*5}} CUX*5{{PCD*5 DTM*5}}"
    f" PAT*10{{DTM*5 PCD MOA PAI FII}} TDT*10{{LOC*10{{DTM*5}}}} TOD*5{{LOC*2}} PAC*99{{MEA*5 PCI*5{{RFF DTM*5 GIN*10}}}} EQD*10"
    f" SCC*10{{FTX*5 RFF*5 QTY*10{{DTM*5}}}} APR*25{{DTM*5 RNG}} {_ALC} RCS*99 INP*10 RFF*5{{DTM*5}}"
)
_LINE: Final = (
    "PIA*25 IMD*99 MEA*99 QTY*99 PCD*5 ALI*5 DTM*35 GIN*999 GIR*999 QVR EQD*10 MOA*10 FTX*99 PAI DOC*5 PAT*10{DTM*5 PCD MOA} PRI*25{APR RNG"
    " DTM*5 CUX} RFF*99{DTM*5} PAC*99{MEA*5 QTY*5 DTM*5 RFF PCI*5{RFF DTM*5 GIN*10}} LOC*999{QTY DTM*5} TAX*10{MOA LOC*5}"
    f" {_NAD} {_ALC} TDT*10 TOD*5 EQD*10 SCC*99{{FTX*5 RFF*5 QTY*10{{DTM*5}}}} APR*10 RCS*99 RJL STS*5"
)
_FOOT: Final = "CNT*10 MOA*100{RFF DTM} TAX*10{MOA*2} ALC*15{ALI MOA*2} UNT!"

LAYOUTS: Final[Mapping[str, str]] = {
    "ORDERS": f"{_HEAD} LIN*200000{{{_LINE}}} UNS! {_FOOT}",
    "ORDCHG": f"{_HEAD} LIN*200000{{{_LINE}}} UNS! {_FOOT}",
    "ORDRSP": f"{_HEAD} LIN*200000{{{_LINE}}} UNS! {_FOOT}",
    "INVOIC": f"{_HEAD} LIN*200000{{{_LINE}}} UNS! {_FOOT}",
    "DESADV": (
        "UNH! BGM! DTM*10 ALI*5 MEA*5 MOA*5 RFF*10{DTM} NAD*10{LOC*10 RFF*10{DTM} CTA*10{COM*5}} TOD*5{LOC*5 FTX*5}"
        " TDT*10{LOC*10{DTM*10}} EQD*10{MEA*5 SEL*25}"
        " CPS*9999{FTX*5 PAC*9999{MEA*10 QTY*10 HAN*10 PCI*1000{RFF DTM*5 GIR*99 GIN*99}}"
        " LIN*9999{PIA*10 IMD*25 MEA*10 QTY*10 ALI*10 GIN*100 GIR*100 DLM*100 DTM*5 NAD*99 TDT FTX*5 MOA*5 RFF*99{DTM} DGS*10"
        " LOC*100{NAD DTM QTY*10} SGP*9999 PAC*9999 PCI*9999{DTM*5 MEA*10 QTY GIN*10} QVR*10}} CNT*5 UNT!"
    ),
}
"""Message type → its layout."""


@cache
def layout_for(kind: str, version: str) -> Layout | None:
    """The layout of a message type, None where we have none: the directories of the nineties are like D96A, later ones are not."""
    declared = LAYOUTS.get(kind) if version.startswith("D9") else None
    return Layout(declared) if declared else None
