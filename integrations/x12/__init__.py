"""Our own X12 core: read tolerantly with findings, write strictly. Knows nothing of Django, files or partners.

for interchange in read(data):
    for group in interchange.groups:
        documents = [parse(each, profile) for each in group.sets]
        answer = acknowledge(group)
"""

from integrations.x12.codec import acknowledgement_bytes, document_bytes, order_bytes, outgoing, parse
from integrations.x12.documents.acknowledgement import acknowledge, counted
from integrations.x12.documents.interchange_answer import (
    InterchangeAnswer,
    interchange_answer,
    interchange_answers,
    interchange_answers_bytes,
)
from integrations.x12.documents.reading import Parsed
from integrations.x12.envelope import Group, Interchange, TransactionSet, alone, read, rewrite, scan
from integrations.x12.findings import Finding, X12Error
from integrations.x12.profile import Extra, Otherwise, Profile
from integrations.x12.tokens import Delimiters, Segment
from integrations.x12.writer import Envelope, Outgoing, write

__all__ = [
    "Delimiters",
    "Envelope",
    "Extra",
    "Finding",
    "Group",
    "Interchange",
    "InterchangeAnswer",
    "Otherwise",
    "Outgoing",
    "Parsed",
    "Profile",
    "Segment",
    "TransactionSet",
    "X12Error",
    "acknowledge",
    "acknowledgement_bytes",
    "alone",
    "counted",
    "document_bytes",
    "interchange_answer",
    "interchange_answers",
    "interchange_answers_bytes",
    "order_bytes",
    "outgoing",
    "parse",
    "read",
    "rewrite",
    "scan",
    "write",
]
