"""EDIFACT D96A: ORDERS, ORDCHG, ORDRSP, DESADV and INVOIC to and from the canonical documents. Knows nothing of Django or partners.

for interchange in read(data):
    documents = [parse(each, profile) for each in interchange.messages]
"""

from integrations.edifact.envelope import EdifactInterchange, Message, alone, read
from integrations.edifact.reading import parse
from integrations.edifact.tokens import EdifactError, ServiceCharacters
from integrations.edifact.writing import EdifactEnvelope, document_bytes

__all__ = [
    "EdifactEnvelope",
    "EdifactError",
    "EdifactInterchange",
    "Message",
    "ServiceCharacters",
    "alone",
    "document_bytes",
    "parse",
    "read",
]
