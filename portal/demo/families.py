"""The product families of the demo catalog: one line each, multiplied out by its variants.

A family reads: name, UNSPSC code, variants (one tuple per axis), packs (base units per box, boxes per case), list price of
one base unit from the first variant to the last, and what sets it apart. Manufacturers are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

Category = Literal["MEDSURG", "IMPLANT", "PHARMACY", "LAB", "GENERAL"]
CATEGORY_NAMES: dict[Category, str] = {
    "MEDSURG": "Medical-surgical supplies",
    "IMPLANT": "Surgical implants",
    "PHARMACY": "Pharmacy",
    "LAB": "Laboratory",
    "GENERAL": "General supplies",
}
MANUFACTURERS: dict[Category, tuple[str, ...]] = {
    "MEDSURG": (
        "Calderwick Medical",
        "Tamarell Devices",
        "Quillon Healthcare",
        "Redmoor Devices",
        "Nimbrel Medical",
        "Sablecreek Sterile",
        "Kestrelby Care Products",
        "Astervane Health",
    ),
    "IMPLANT": (
        "Vantisse Implants",
        "Summerlea Surgical",
        "Corvane Medical",
        "Haldrey Devices",
        "Lumenmark Biomedical",
    ),
    "PHARMACY": ("Osterlyn Generics", "Pendry Injectables", "Ardennay Pharma", "Wrenfield Sterile Solutions"),
    "LAB": ("Helixmere Diagnostics", "Pellucine Scientific", "Brackenmoor Diagnostics"),
    "GENERAL": ("Fenwold Products", "Marlowe Ridge Goods", "Cobaltine Supply", "Brightmere Goods"),
}


Criticality = Literal["low", "normal", "high", "life"]
Variants = tuple[tuple[str, ...], ...]


class Traits(TypedDict, total=False):
    """What may set a family apart from the others of its category."""

    base_unit: str
    lot: bool
    expiry: bool
    serial: bool
    criticality: Criticality
    swaps: bool


@dataclass(frozen=True)
class Family:
    """Items that differ only by their variants. `swaps` says that the first axis may stand in for one another."""

    category: Category
    name: str
    unspsc: str
    variants: Variants
    packs: tuple[int, int]
    price: tuple[str, str]
    base_unit: str = "EA"
    lot: bool = True
    expiry: bool = False
    serial: bool = False
    criticality: Criticality = "normal"
    swaps: bool = False


SML = ("small", "medium", "large", "x-large")
GLOVE_SIZES = ("x-small", *SML)
HALF_SIZES = ("size 6", "size 6½", "size 7", "size 7½", "size 8", "size 8½")
FRENCH = tuple(f"{n} Fr" for n in (8, 10, 12, 14, 16, 18, 20))
GAUGES = ("18 G", "20 G", "22 G", "23 G", "25 G", "27 G")
SIDES = ("left", "right")


def mm(*sizes: float) -> tuple[str, ...]:
    return tuple(f"{size:g} mm" for size in sizes)


def ml(*sizes: float) -> tuple[str, ...]:
    return tuple(f"{size:g} mL" for size in sizes)


def _of(category: Category, defaults: Traits) -> Callable[..., Family]:
    def family(
        name: str,
        unspsc: str,
        variants: Variants,
        packs: tuple[int, int],
        price: tuple[str, str],
        **more: Unpack[Traits],
    ) -> Family:
        return Family(category, name, unspsc, variants, packs, price, **(defaults | more))

    return family


_med = _of("MEDSURG", {})
_lab = _of("LAB", {"expiry": True})
_general = _of("GENERAL", {"lot": False, "criticality": "low"})


def _implant(name: str, variants: Variants, price: tuple[str, str], unspsc: str, **more: Unpack[Traits]) -> Family:
    return Family("IMPLANT", name, unspsc, variants, (1, 1), price, **(Traits(expiry=True, criticality="high") | more))


def _drug(
    name: str,
    strengths: tuple[str, ...],
    forms: tuple[str, ...],
    unit: str,
    packs: tuple[int, int],
    price: tuple[str, str],
    unspsc: str,
    **more: Unpack[Traits],
) -> Family:
    return Family(
        "PHARMACY", name, unspsc, (strengths, forms), packs, price, **(Traits(base_unit=unit, expiry=True) | more)
    )


# fmt: off
MEDSURG = (
    _med("Exam gloves", "42132203", (("nitrile", "vinyl", "latex"), ("powder-free",), GLOVE_SIZES), (100, 10), ("0.06", "0.13"), swaps=True, criticality="high"),
    _med("Exam gloves, long cuff", "42132203", (("nitrile", "chloroprene"), GLOVE_SIZES), (50, 10), ("0.18", "0.26"), swaps=True),
    _med("Surgical gloves, sterile", "42132205", (("latex", "polyisoprene"), ("powder-free", "under-glove"), HALF_SIZES), (50, 4), ("0.92", "1.85"), base_unit="PR", expiry=True, swaps=True, criticality="high"),
    _med("Syringe", "42142609", (("luer-lock", "luer-slip"), ml(1, 3, 5, 10, 20, 30, 60)), (100, 8), ("0.07", "0.48"), expiry=True, swaps=True, criticality="high"),
    _med("Syringe with needle", "42142610", (ml(1, 3, 5), GAUGES), (100, 8), ("0.11", "0.22"), expiry=True),
    _med("Hypodermic needle", "42142523", (GAUGES, ("5/8 in", "1 in", "1½ in")), (100, 10), ("0.04", "0.07"), expiry=True),
    _med("Safety needle", "42142523", (GAUGES, ("1 in", "1½ in")), (50, 10), ("0.19", "0.27"), expiry=True),
    _med("Insulin syringe", "42142608", (ml(0.3, 0.5, 1), ("29 G", "30 G", "31 G")), (100, 5), ("0.12", "0.19"), expiry=True),
    _med("IV catheter, peripheral", "42221504", (("safety", "straight"), ("14 G", "16 G", "18 G", "20 G", "22 G", "24 G")), (50, 4), ("1.45", "2.60"), expiry=True, swaps=True, criticality="high"),
    _med("IV administration set", "42221603", (("10 drop", "15 drop", "60 drop"), ("83 in", "100 in"), ("1 port", "2 ports")), (1, 48), ("2.10", "4.90"), expiry=True, criticality="high"),
    _med("IV extension set", "42221604", (("standard bore", "small bore"), ("7 in", "14 in", "21 in", "60 in")), (1, 50), ("1.05", "2.40"), expiry=True),
    _med("Infusion pump set", "42221608", (("vented", "non-vented"), ("low sorbing", "standard"), ("1 port", "3 ports")), (1, 20), ("6.20", "11.80"), expiry=True, criticality="high"),
    _med("Central venous catheter kit", "42221507", (("1 lumen", "2 lumen", "3 lumen"), ("16 cm", "20 cm", "30 cm")), (1, 5), ("48.00", "96.00"), expiry=True, criticality="life"),
    _med("PICC kit", "42221508", (("1 lumen", "2 lumen", "3 lumen"), ("4 Fr", "5 Fr", "6 Fr")), (1, 5), ("92.00", "165.00"), expiry=True, criticality="high"),
    _med("Arterial line kit", "42221513", (("18 G", "20 G", "22 G"), ("radial", "femoral")), (1, 10), ("21.00", "38.00"), expiry=True, criticality="high"),
    _med("Needleless connector", "42221610", (("neutral", "positive", "negative"),), (100, 4), ("0.95", "1.60"), expiry=True, swaps=True),
    _med("Foley catheter", "42142703", (("silicone", "latex coated"), ("2-way", "3-way"), FRENCH), (10, 10), ("2.90", "9.80"), expiry=True, swaps=True),
    _med("Foley tray", "42142705", (("silicone", "latex coated"), ("14 Fr", "16 Fr", "18 Fr"), ("drain bag", "urine meter")), (1, 10), ("11.50", "24.00"), expiry=True, swaps=True),
    _med("Intermittent catheter", "42142704", (("straight", "coudé"), FRENCH), (30, 4), ("0.85", "2.30"), expiry=True),
    _med("Feeding tube", "42231602", (("nasogastric", "nasojejunal"), ("5 Fr", "6 Fr", "8 Fr", "10 Fr", "12 Fr"), ("36 in", "43 in")), (1, 10), ("7.50", "19.00"), expiry=True),
    _med("Suction catheter", "42271910", (("straight", "coiled"), ("5 Fr", "6 Fr", "8 Fr", "10 Fr", "12 Fr", "14 Fr")), (50, 4), ("0.42", "0.88")),
    _med("Yankauer suction tip", "42271911", (("bulb tip", "flange tip"), ("vented", "non-vented")), (1, 50), ("0.85", "1.60"), lot=False),
    _med("Suction canister", "42271912", (ml(800, 1200, 1500, 2000, 3000), ("rigid", "liner")), (1, 40), ("2.40", "6.10"), lot=False),
    _med("Endotracheal tube", "42271903", (("cuffed", "uncuffed"), mm(2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5)), (10, 5), ("2.20", "5.40"), expiry=True, criticality="life"),
    _med("Laryngeal mask airway", "42271904", (("disposable", "intubating"), ("size 1", "size 2", "size 3", "size 4", "size 5")), (10, 2), ("9.50", "22.00"), expiry=True, criticality="high"),
    _med("Tracheostomy tube", "42271905", (("cuffed", "uncuffed"), ("size 4", "size 6", "size 7", "size 8", "size 10")), (1, 10), ("38.00", "66.00"), expiry=True, criticality="high"),
    _med("Oxygen mask", "42271702", (("adult", "pediatric", "infant"), ("simple", "non-rebreather", "venturi")), (1, 50), ("1.10", "3.40"), lot=False, criticality="high"),
    _med("Nasal cannula", "42271701", (("adult", "pediatric", "infant"), ("7 ft", "14 ft", "25 ft")), (1, 50), ("0.62", "2.10"), lot=False, criticality="high"),
    _med("Nebulizer kit", "42271802", (("mask", "mouthpiece"), ("adult", "pediatric")), (1, 50), ("1.30", "2.20"), lot=False),
    _med("Ventilator circuit", "42272301", (("adult", "pediatric", "neonatal"), ("heated", "single limb", "dual limb")), (1, 10), ("14.00", "42.00"), expiry=True, criticality="life"),
    _med("Resuscitator bag", "42272008", (("adult", "pediatric", "infant"), ("mask", "no mask")), (1, 6), ("12.50", "21.00"), criticality="life"),
    _med("Gauze sponge", "42311511", (("sterile", "non-sterile"), ("2 x 2 in", "3 x 3 in", "4 x 4 in"), ("8-ply", "12-ply", "16-ply")), (100, 12), ("0.03", "0.14"), swaps=True),
    _med("Lap sponge, x-ray detectable", "42311512", (("4 x 18 in", "8 x 36 in", "12 x 12 in", "18 x 18 in"), ("pre-washed", "unwashed")), (5, 40), ("0.52", "1.30"), expiry=True, criticality="high"),
    _med("Foam dressing", "42311505", (("bordered", "non-bordered", "silver"), ("3 x 3 in", "4 x 4 in", "6 x 6 in", "sacral", "heel")), (10, 5), ("3.40", "14.50"), expiry=True, swaps=True),
    _med("Hydrocolloid dressing", "42311506", (("thin", "standard"), ("2 x 2 in", "4 x 4 in", "6 x 6 in", "8 x 8 in")), (10, 6), ("1.90", "8.20"), expiry=True),
    _med("Transparent film dressing", "42311508", (("2⅜ x 2¾ in", "4 x 4¾ in", "6 x 8 in"), ("frame", "bordered", "CHG")), (50, 4), ("0.35", "6.90"), expiry=True),
    _med("Alginate dressing", "42311502", (("plain", "silver"), ("2 x 2 in", "4 x 4 in", "4 x 8 in", "rope 12 in")), (10, 5), ("2.60", "15.00"), expiry=True, swaps=True),
    _med("Negative pressure wound kit", "42312201", (("foam", "gauze"), SML[:3]), (5, 2), ("31.00", "58.00"), expiry=True),
    _med("Elastic bandage", "42311516", (("self-closure", "clips"), ("2 in", "3 in", "4 in", "6 in")), (10, 5), ("0.70", "2.30"), lot=False, swaps=True),
    _med("Conforming bandage", "42311517", (("sterile", "non-sterile"), ("2 in", "3 in", "4 in", "6 in")), (12, 8), ("0.24", "0.78"), swaps=True),
    _med("Surgical tape", "42311708", (("paper", "silk", "transparent", "foam"), ("½ in", "1 in", "2 in", "3 in")), (12, 10), ("0.48", "3.10"), lot=False, swaps=True),
    _med("Suture, absorbable", "42312003", (("braided", "monofilament"), ("0", "2-0", "3-0", "4-0", "5-0"), ("CT-1 needle", "SH needle", "PS-2 needle")), (36, 6), ("2.60", "7.90"), expiry=True, criticality="high"),
    _med("Suture, non-absorbable", "42312003", (("nylon", "polypropylene", "silk"), ("2-0", "3-0", "4-0", "5-0", "6-0"), ("FS-2 needle", "P-3 needle")), (36, 6), ("2.20", "8.80"), expiry=True, swaps=True),
    _med("Skin stapler", "42312005", (("15 staples", "25 staples", "35 staples"), ("regular", "wide")), (6, 4), ("5.40", "11.20"), expiry=True),
    _med("Linear cutter stapler reload", "42295108", (mm(30, 45, 60, 80), ("vascular", "regular", "thick")), (12, 1), ("68.00", "142.00"), expiry=True, criticality="high"),
    _med("Trocar", "42295102", (("bladeless", "optical", "blunt"), mm(5, 8, 11, 12, 15), ("75 mm", "100 mm")), (6, 1), ("24.00", "61.00"), expiry=True, swaps=True),
    _med("Electrosurgical pencil", "42294502", (("hand switch", "foot switch"), ("blade", "coated blade", "smoke evacuation")), (40, 1), ("3.10", "16.50"), expiry=True),
    _med("Scalpel, disposable", "42292904", (("standard", "safety"), ("No. 10", "No. 11", "No. 15", "No. 20", "No. 22")), (10, 10), ("0.55", "1.45"), expiry=True, swaps=True),
    _med("Surgical blade", "42292903", (("carbon steel", "stainless"), ("No. 10", "No. 11", "No. 12", "No. 15", "No. 20", "No. 21", "No. 22")), (100, 10), ("0.16", "0.29"), expiry=True, swaps=True),
    _med("Surgical gown, sterile", "42131707", (("level 3", "level 4"), ("large", "x-large", "xx-large"), ("raglan", "set-in")), (1, 20), ("3.90", "9.60"), expiry=True, criticality="high"),
    _med("Isolation gown", "42131606", (("level 1", "level 2", "level 3"), ("regular", "x-large")), (10, 10), ("0.62", "2.20"), lot=False, criticality="high", swaps=True),
    _med("Surgical drape", "42131702", (("universal", "laparotomy", "extremity", "C-section", "craniotomy", "hip"), ("with pouch", "no pouch")), (1, 8), ("9.80", "41.00"), expiry=True),
    _med("Face mask", "42131713", (("ear loop", "tie"), ("level 1", "level 2", "level 3")), (50, 6), ("0.07", "0.28"), lot=False, criticality="high", swaps=True),
    _med("Respirator mask N95", "42131714", (("cup", "flat fold", "duckbill"), ("small", "regular")), (20, 8), ("0.62", "1.35"), expiry=True, criticality="life", swaps=True),
    _med("Bouffant cap", "42131701", (("21 in", "24 in"), ("blue", "white")), (100, 5), ("0.04", "0.07"), lot=False),
    _med("Shoe cover", "42131704", (("non-skid", "standard"), ("regular", "x-large")), (100, 3), ("0.08", "0.16"), base_unit="PR", lot=False),
    _med("Custom procedure tray", "42142801", (("laparoscopy", "total knee", "total hip", "C-section", "craniotomy", "spine", "angiography", "cystoscopy", "ENT", "eye"),), (1, 4), ("62.00", "240.00"), expiry=True, criticality="high"),
    _med("Sterilization wrap", "42281707", (("single layer", "bonded"), ("24 x 24 in", "30 x 30 in", "36 x 36 in", "45 x 45 in", "54 x 54 in")), (24, 4), ("0.58", "3.60")),
    _med("Sterilization pouch", "42281705", (("self-seal", "heat-seal"), ("3 x 9 in", "5 x 10 in", "7 x 13 in", "10 x 15 in")), (200, 5), ("0.05", "0.24"), swaps=True),
    _med("Biological indicator", "42281801", (("steam", "hydrogen peroxide", "ethylene oxide"), ("20 min", "24 min", "4 h")), (30, 2), ("4.10", "9.90"), expiry=True),
    _med("ECG electrode", "42181702", (("foam", "cloth", "radiolucent"), ("adult", "pediatric", "neonatal")), (50, 20), ("0.09", "0.34"), expiry=True, swaps=True),
    _med("Pulse oximeter sensor", "42182103", (("disposable", "reusable"), ("adult", "pediatric", "infant", "neonatal")), (24, 1), ("8.20", "74.00"), criticality="high"),
    _med("Blood pressure cuff", "42181604", (("1 tube", "2 tubes"), ("infant", "child", "small adult", "adult", "large adult", "thigh")), (20, 1), ("3.20", "9.40"), lot=False),
    _med("Defibrillator pads", "42172102", (("adult", "pediatric"), ("radiolucent", "standard")), (10, 1), ("17.50", "34.00"), base_unit="PR", expiry=True, criticality="life"),
    _med("Compression sleeve", "42142004", (("knee", "thigh", "foot"), SML), (5, 4), ("6.90", "15.20"), base_unit="PR", lot=False),
    _med("Chest drain", "42295602", (("wet suction", "dry suction"), ("1 chamber", "2 chamber")), (1, 6), ("38.00", "72.00"), expiry=True, criticality="high"),
    _med("Wound drain", "42312101", (("flat", "round"), mm(7, 10), ("perforated", "fluted")), (10, 1), ("9.20", "21.00"), expiry=True),
    _med("Epidural tray", "42271407", (("continuous", "single shot"), ("17 G", "18 G")), (1, 10), ("22.00", "36.00"), expiry=True, criticality="high"),
    _med("Spinal needle", "42271406", (("Quincke", "Whitacre"), ("22 G", "25 G", "27 G"), ("3½ in", "5 in")), (25, 4), ("2.10", "7.80"), expiry=True),
    _med("Guidewire", "42203502", (("hydrophilic", "PTFE coated"), ("0.018 in", "0.025 in", "0.035 in"), ("150 cm", "180 cm", "260 cm")), (5, 2), ("14.00", "58.00"), expiry=True),
    _med("Angiographic catheter", "42203401", (("pigtail", "Judkins left", "Judkins right", "multipurpose"), ("4 Fr", "5 Fr", "6 Fr"), ("100 cm", "110 cm")), (5, 1), ("11.00", "29.00"), expiry=True),
    _med("Introducer sheath", "42203409", (("5 Fr", "6 Fr", "7 Fr", "8 Fr"), ("11 cm", "23 cm")), (10, 1), ("13.00", "31.00"), expiry=True),
    _med("Balloon dilatation catheter", "42203405", (mm(2, 2.5, 3, 3.5, 4), mm(12, 15, 20)), (1, 1), ("145.00", "260.00"), expiry=True, criticality="high"),
)


IMPLANT = (
    _implant("Knee femoral component", (("cruciate retaining", "posterior stabilized"), SIDES, ("size 3", "size 4", "size 5", "size 6")), ("1480.00", "2150.00"), "42321508", serial=True),
    _implant("Knee tibial baseplate", (("cemented", "cementless"), ("size 2", "size 3", "size 4", "size 5", "size 6")), ("820.00", "1390.00"), "42321508", serial=True),
    _implant("Knee tibial insert", (("CR", "PS"), ("size 3", "size 4", "size 5"), mm(9, 11, 13)), ("410.00", "690.00"), "42321508"),
    _implant("Hip stem", (("cemented", "press-fit"), ("standard", "high offset"), ("size 9", "size 10", "size 11", "size 12", "size 13")), ("1190.00", "2280.00"), "42321507", serial=True),
    _implant("Femoral head", (("ceramic", "cobalt chrome"), mm(28, 32, 36), ("-4 mm neck", "+0 mm neck", "+4 mm neck")), ("320.00", "890.00"), "42321507"),
    _implant("Acetabular cup", (("porous",), mm(48, 50, 52, 54, 56, 58)), ("760.00", "1120.00"), "42321507", serial=True),
    _implant("Bone cement", (("plain", "antibiotic"), ("20 g", "40 g")), ("62.00", "210.00"), "42321602", swaps=True),
    _implant("Cortical screw 3.5", (("stainless", "titanium"), mm(10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)), ("18.00", "46.00"), "42321806", swaps=True),
    _implant("Locking screw 3.5", (("titanium",), mm(10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)), ("58.00", "94.00"), "42321806"),
    _implant("Cannulated screw", (mm(4, 6.5, 7.3), mm(40, 50, 60, 70, 80)), ("72.00", "148.00"), "42321806"),
    _implant("Locking plate", (("distal radius", "proximal humerus", "clavicle", "distal tibia"), SIDES, ("5 hole", "7 hole", "9 hole")), ("540.00", "1180.00"), "42321804"),
    _implant("Intramedullary nail", (("femoral", "tibial"), mm(9, 10, 11, 12), mm(320, 360, 400)), ("780.00", "1260.00"), "42321803", serial=True),
    _implant("Pedicle screw", (mm(5.5, 6.5, 7.5), mm(35, 40, 45, 50)), ("390.00", "560.00"), "42321905"),
    _implant("Interbody cage", (("PEEK", "titanium"), mm(8, 10, 12, 14)), ("1450.00", "2690.00"), "42321903", serial=True, swaps=True),
    _implant("Spinal rod", (("titanium", "cobalt chrome"), mm(40, 60, 80, 120, 300)), ("140.00", "320.00"), "42321904"),
    _implant("Hernia mesh", (("polypropylene", "absorbable"), ("3 x 6 in", "4 x 6 in", "6 x 6 in", "12 x 12 in")), ("96.00", "980.00"), "42321701", swaps=True),
    _implant("Coronary stent, drug-eluting", (mm(2.25, 2.5, 2.75, 3, 3.5, 4), mm(12, 15, 18, 23, 28)), ("980.00", "1340.00"), "42203410", serial=True),
    _implant("Pacemaker", (("single chamber", "dual chamber", "biventricular"), ("standard", "MRI safe")), ("3900.00", "9800.00"), "42203501", serial=True),
    _implant("Intraocular lens", (("monofocal", "toric"), tuple(f"+{d / 2:g} D" for d in range(36, 50, 2))), ("98.00", "460.00"), "42321301", serial=True),
)


VIAL = ("vial",)
TABLETS = ("tablet, bottle of 100", "tablet, unit dose 100")
PHARMACY = (
    _drug("Sodium chloride 0.9 % injection", ("100 mL", "250 mL", "500 mL", "1000 mL"), ("bag",), "EA", (1, 24), ("1.70", "2.90"), "51191602", criticality="life"),
    _drug("Lactated Ringer's injection", ("500 mL", "1000 mL"), ("bag",), "EA", (1, 14), ("2.40", "3.30"), "51191603", criticality="life"),
    _drug("Dextrose 5 % injection", ("100 mL", "250 mL", "500 mL", "1000 mL"), ("bag",), "EA", (1, 24), ("1.80", "3.00"), "51191604", criticality="high"),
    _drug("Sterile water for irrigation", ("500 mL", "1000 mL", "3000 mL"), ("bottle", "bag"), "EA", (1, 12), ("2.10", "6.40"), "51191605"),
    _drug("Heparin", ("1,000 units/mL", "5,000 units/mL", "10,000 units/mL"), ("1 mL vial", "10 mL vial"), "VL", (25, 4), ("1.10", "9.80"), "51131610", criticality="high"),
    _drug("Enoxaparin", ("30 mg", "40 mg", "60 mg", "80 mg", "100 mg"), ("prefilled syringe",), "EA", (10, 6), ("4.90", "18.00"), "51131607", criticality="high"),
    _drug("Ondansetron", ("4 mg", "8 mg"), ("2 mL vial", "tablet, unit dose 30"), "VL", (25, 4), ("0.70", "3.60"), "51171816"),
    _drug("Ketorolac", ("15 mg", "30 mg", "60 mg"), VIAL, "VL", (25, 4), ("0.95", "2.40"), "51142118"),
    _drug("Acetaminophen", ("325 mg", "500 mg", "650 mg"), TABLETS, "BT", (1, 24), ("1.90", "6.80"), "51142001"),
    _drug("Acetaminophen injection", ("1 g",), ("100 mL bag", "100 mL vial"), "VL", (12, 4), ("9.80", "14.50"), "51142001"),
    _drug("Ibuprofen", ("200 mg", "400 mg", "600 mg", "800 mg"), TABLETS, "BT", (1, 24), ("2.10", "8.20"), "51142106"),
    _drug("Morphine", ("2 mg/mL", "4 mg/mL", "10 mg/mL"), ("1 mL syringe", "1 mL vial"), "VL", (10, 10), ("2.60", "5.90"), "51142210", criticality="high"),
    _drug("Fentanyl", ("50 mcg/mL",), ("2 mL vial", "5 mL vial", "20 mL vial"), "VL", (25, 4), ("1.20", "8.70"), "51142204", criticality="high"),
    _drug("Propofol", ("10 mg/mL",), ("20 mL vial", "50 mL vial", "100 mL vial"), "VL", (20, 1), ("3.40", "16.80"), "51142904", criticality="life"),
    _drug("Midazolam", ("1 mg/mL", "5 mg/mL"), ("2 mL vial", "10 mL vial"), "VL", (10, 10), ("1.10", "5.20"), "51141513", criticality="high"),
    _drug("Lidocaine", ("1 %", "2 %"), ("5 mL vial", "20 mL vial", "50 mL vial"), "VL", (25, 4), ("1.60", "7.40"), "51142910"),
    _drug("Bupivacaine", ("0.25 %", "0.5 %", "0.75 %"), ("10 mL vial", "30 mL vial"), "VL", (25, 4), ("2.20", "6.10"), "51142906"),
    _drug("Cefazolin", ("1 g", "2 g", "10 g"), VIAL, "VL", (25, 4), ("1.40", "12.20"), "51101542", criticality="high"),
    _drug("Ceftriaxone", ("500 mg", "1 g", "2 g"), VIAL, "VL", (10, 10), ("1.90", "7.80"), "51101539"),
    _drug("Vancomycin", ("500 mg", "1 g", "5 g"), VIAL, "VL", (10, 10), ("4.20", "38.00"), "51101570", criticality="high"),
    _drug("Piperacillin-tazobactam", ("2.25 g", "3.375 g", "4.5 g"), VIAL, "VL", (10, 4), ("5.80", "14.60"), "51101511"),
    _drug("Norepinephrine", ("1 mg/mL",), ("4 mL vial", "250 mL bag"), "VL", (10, 4), ("6.20", "44.00"), "51151712", criticality="life"),
    _drug("Epinephrine", ("0.1 mg/mL", "1 mg/mL"), ("10 mL syringe", "1 mL vial", "30 mL vial"), "VL", (10, 4), ("4.80", "62.00"), "51151703", criticality="life"),
    _drug("Phenylephrine", ("10 mg/mL",), ("1 mL vial", "5 mL vial", "10 mL vial"), "VL", (25, 2), ("2.10", "12.00"), "51151736", criticality="high"),
    _drug("Insulin, regular", ("100 units/mL",), ("3 mL vial", "10 mL vial"), "VL", (1, 24), ("18.00", "46.00"), "51181506", criticality="life"),
    _drug("Insulin glargine", ("100 units/mL",), ("3 mL pen", "10 mL vial"), "VL", (5, 12), ("24.00", "78.00"), "51181506", criticality="life"),
    _drug("Potassium chloride", ("10 mEq", "20 mEq", "40 mEq"), ("100 mL bag", "tablet, unit dose 100"), "EA", (1, 24), ("2.80", "9.60"), "51191905", criticality="high"),
    _drug("Magnesium sulfate", ("1 g", "2 g", "4 g"), ("50 mL bag", "100 mL bag"), "EA", (1, 24), ("4.10", "9.90"), "51191902"),
    _drug("Calcium gluconate", ("1 g",), ("10 mL vial", "50 mL vial", "100 mL vial"), "VL", (25, 2), ("5.20", "29.00"), "51191901"),
    _drug("Furosemide", ("20 mg", "40 mg", "100 mg"), VIAL, "VL", (25, 4), ("0.90", "3.20"), "51151810"),
    _drug("Metoprolol", ("25 mg", "50 mg", "100 mg"), TABLETS, "BT", (1, 24), ("2.40", "9.10"), "51151739"),
    _drug("Lisinopril", ("5 mg", "10 mg", "20 mg", "40 mg"), TABLETS, "BT", (1, 24), ("1.90", "7.20"), "51151722"),
    _drug("Pantoprazole", ("40 mg",), ("vial", "tablet, bottle of 90", "tablet, unit dose 100"), "VL", (10, 10), ("2.60", "11.00"), "51171911"),
    _drug("Famotidine", ("10 mg/mL",), ("2 mL vial", "20 mL vial"), "VL", (25, 4), ("0.80", "4.70"), "51171905"),
    _drug("Dexamethasone", ("4 mg/mL", "10 mg/mL"), ("1 mL vial", "5 mL vial", "10 mL vial"), "VL", (25, 4), ("0.90", "6.60"), "51181704"),
    _drug("Rocuronium", ("10 mg/mL",), ("5 mL vial", "10 mL vial"), "VL", (10, 10), ("3.80", "8.10"), "51152002", criticality="life"),
    _drug("Succinylcholine", ("20 mg/mL",), ("10 mL vial", "5 mL syringe"), "VL", (10, 4), ("11.00", "26.00"), "51152003", criticality="life"),
    _drug("Iohexol contrast", ("240 mgI/mL", "300 mgI/mL", "350 mgI/mL"), ("50 mL bottle", "100 mL bottle", "200 mL bottle"), "BT", (10, 1), ("14.00", "62.00"), "51211616", criticality="high"),
    _drug("Povidone-iodine solution", ("10 %",), ("4 oz", "16 oz", "swabstick"), "BT", (1, 24), ("2.20", "7.90"), "51102710"),
    _drug("Chlorhexidine skin prep", ("2 %",), ("3 mL applicator", "10.5 mL applicator", "26 mL applicator"), "EA", (25, 4), ("1.90", "8.80"), "51102711", criticality="high"),
)


LAB = (
    _lab("Blood collection tube", "41104107", (("EDTA lavender", "serum gold", "citrate blue", "heparin green", "fluoride gray", "plain red"), ml(2, 4, 6, 10)), (100, 10), ("0.14", "0.42"), criticality="high"),
    _lab("Blood culture bottle", "41104108", (("aerobic", "anaerobic", "pediatric"), ml(20, 30, 40)), (50, 2), ("2.80", "5.60"), base_unit="BT", criticality="high"),
    _lab("Blood collection needle set", "42142519", (("21 G", "23 G", "25 G"), ("7 in", "12 in")), (50, 4), ("0.85", "1.75")),
    _lab("Urine collection cup", "41104117", (("sterile", "non-sterile"), ("90 mL", "120 mL")), (1, 300), ("0.16", "0.34"), expiry=False, lot=False, swaps=True),
    _lab("Transport swab", "41104118", (("flocked", "rayon"), ("nasopharyngeal", "throat", "wound"), ml(1, 3)), (50, 10), ("0.72", "2.60"), swaps=True),
    _lab("Rapid antigen test kit", "41116144", (("influenza A/B", "strep A", "RSV", "SARS-CoV-2", "hCG"), ("25 tests", "50 tests")), (1, 10), ("62.00", "240.00"), base_unit="PK"),
    _lab("Glucose test strips", "41116129", (("hospital meter",), ("50 strips", "100 strips")), (1, 24), ("18.00", "34.00"), base_unit="BT", criticality="high"),
    _lab("Chemistry reagent pack", "41116105", (("sodium", "potassium", "glucose", "creatinine", "BUN", "ALT", "AST", "bilirubin", "calcium", "albumin", "CRP", "lipase"), ("200 tests", "500 tests")), (1, 4), ("84.00", "390.00"), base_unit="PK", criticality="high"),
    _lab("Immunoassay reagent pack", "41116107", (("troponin", "TSH", "free T4", "BNP", "ferritin", "vitamin D", "PSA", "procalcitonin"), ("100 tests", "200 tests")), (1, 2), ("260.00", "940.00"), base_unit="PK", criticality="high"),
    _lab("Hematology reagent", "41116106", (("diluent", "lyse", "cleaner", "stain"), ("1 L", "5 L", "20 L")), (1, 2), ("42.00", "210.00"), base_unit="BT"),
    _lab("Quality control material", "41116130", (("chemistry", "hematology", "coagulation", "immunoassay"), ("level 1", "level 2", "level 3")), (6, 1), ("21.00", "88.00"), base_unit="VL"),
    _lab("Culture plate", "41104901", (("blood agar", "chocolate agar", "MacConkey agar", "CNA agar", "chromogenic"), ("full plate", "biplate")), (10, 10), ("0.48", "2.90")),
    _lab("Pipette tip", "41121701", (("filtered", "unfiltered"), ("10 µL", "20 µL", "200 µL", "1000 µL")), (960, 5), ("0.02", "0.07"), expiry=False, swaps=True),
    _lab("Microscope slide", "41122601", (("plain", "charged", "frosted"), ("1 x 3 in",)), (72, 20), ("0.05", "0.42"), expiry=False, lot=False, swaps=True),
    _lab("Formalin container, prefilled", "41104120", (ml(20, 40, 60, 120, 500),), (1, 96), ("0.62", "4.40")),
    _lab("Coagulation reagent", "41116108", (("PT", "aPTT", "fibrinogen", "D-dimer"), ("5 mL", "10 mL")), (10, 1), ("14.00", "72.00"), base_unit="VL", criticality="high"),
    _lab("Point-of-care cartridge", "41116131", (("blood gas", "chem 8", "creatinine", "lactate", "troponin", "INR"),), (25, 1), ("9.20", "27.00"), criticality="high"),
)


GENERAL = (
    _general("Copy paper", "14111507", (("letter", "legal", "ledger"), ("white", "blue", "yellow"), ("20 lb",)), (1, 10), ("3.60", "9.80"), base_unit="PK"),
    _general("Toner cartridge", "44103103", (("black", "cyan", "magenta", "yellow"), ("standard yield", "high yield"), ("series 400", "series 600")), (1, 1), ("62.00", "188.00")),
    _general("Thermal label roll", "55121606", (("2 x 1 in", "3 x 1 in", "4 x 2 in", "4 x 6 in"), ("direct thermal", "transfer")), (1, 12), ("4.20", "16.00")),
    _general("Patient wristband", "42141802", (("adult", "pediatric", "infant"), ("thermal", "write-on"), ("white", "red alert", "yellow fall risk")), (250, 4), ("0.09", "0.31")),
    _general("Ballpoint pen", "44121704", (("black", "blue", "red"), ("fine", "medium")), (12, 12), ("0.14", "0.48")),
    _general("Clipboard", "44111906", (("letter", "legal"), ("hardboard", "antimicrobial")), (1, 24), ("1.40", "5.90")),
    _general("Trash liner", "47121701", (("clear", "black", "red biohazard", "yellow linen"), ("10 gal", "20 gal", "33 gal", "45 gal", "55 gal")), (100, 5), ("0.04", "0.32")),
    _general("Sharps container", "42141501", (("1 qt", "2 gal", "3 gal", "8 gal"), ("horizontal drop", "rotor lid", "slide lid")), (1, 20), ("3.20", "14.50"), criticality="high"),
    _general("Hand sanitizer", "53131626", (("foam", "gel"), ("50 mL", "535 mL", "1000 mL", "1200 mL refill")), (1, 12), ("1.90", "13.00"), base_unit="BT", lot=True, expiry=True, criticality="high", swaps=True),
    _general("Hand soap", "53131608", (("foam", "lotion", "antimicrobial"), ("535 mL", "1000 mL", "1250 mL refill")), (1, 8), ("3.10", "11.50"), base_unit="BT", swaps=True),
    _general("Disinfectant wipes", "47131803", (("quaternary", "bleach", "hydrogen peroxide", "alcohol"), ("70 count", "160 count", "large 65 count")), (1, 12), ("4.60", "14.20"), base_unit="PK", lot=True, expiry=True, criticality="high", swaps=True),
    _general("Surface disinfectant", "47131805", (("ready to use", "concentrate"), ("32 oz", "1 gal")), (1, 6), ("5.80", "38.00"), base_unit="BT", lot=True, expiry=True),
    _general("Floor cleaner", "47131801", (("neutral", "stripper", "finish"), ("1 gal", "2.5 gal")), (1, 4), ("11.00", "46.00"), base_unit="BT"),
    _general("Paper towel", "14111703", (("multifold", "roll", "center pull"), ("white", "natural")), (1, 12), ("1.40", "4.80"), base_unit="PK"),
    _general("Toilet tissue", "14111704", (("1-ply", "2-ply"), ("standard", "jumbo", "coreless")), (1, 36), ("0.52", "3.40"), base_unit="PK"),
    _general("Facial tissue", "14111701", (("50 sheets", "100 sheets", "cube 90 sheets"),), (1, 36), ("0.62", "1.35"), base_unit="PK"),
    _general("Washcloth, disposable", "42132101", (("dry", "premoistened", "CHG 2 %"), ("8 count", "50 count")), (1, 24), ("2.10", "9.40"), base_unit="PK"),
    _general("Underpad", "42132104", (("fluff", "polymer", "breathable"), ("17 x 24 in", "23 x 36 in", "30 x 36 in")), (50, 4), ("0.14", "0.86"), swaps=True),
    _general("Adult brief", "53102306", (("overnight", "daytime"), (*SML, "bariatric")), (20, 4), ("0.36", "1.18")),
    _general("Emesis bag", "42141503", (("graduated",), ("1000 mL", "1500 mL")), (24, 6), ("0.52", "1.10")),
    _general("Bedpan", "42141504", (("fracture", "regular", "bariatric"), ("plastic", "pulp")), (1, 50), ("0.68", "4.60")),
    _general("Wash basin", "42141505", (("5 qt", "6 qt", "7 qt"), ("graphite", "rose")), (1, 50), ("0.52", "1.15")),
    _general("Patient gown", "42131602", (("adult", "bariatric", "pediatric"), ("cloth", "disposable")), (1, 50), ("0.74", "8.90")),
    _general("Bed sheet", "42132108", (("flat", "fitted", "draw"), ("twin", "bariatric")), (12, 2), ("3.90", "11.20")),
    _general("Bath blanket", "42132106", (("cotton", "fleece"), ("white", "blue")), (12, 2), ("5.20", "12.80")),
    _general("Battery", "26111702", (("alkaline", "lithium"), ("AA", "AAA", "C", "D", "9 V")), (24, 6), ("0.34", "3.20")),
    _general("Meal tray cover", "48102108", (("dome", "flat"), ("9 in", "10 in")), (1, 250), ("0.12", "0.38")),
    _general("Foam cup", "48102107", (("8 oz", "12 oz", "16 oz"), ("plain", "lidded")), (25, 40), ("0.03", "0.09")),
)
# fmt: on

FAMILIES: tuple[Family, ...] = (*MEDSURG, *IMPLANT, *PHARMACY, *LAB, *GENERAL)
