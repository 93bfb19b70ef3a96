"""UBL 2.1: Order, OrderChange, OrderCancellation, OrderResponse, DespatchAdvice, Invoice and CreditNote to and from the canonical
documents; OrderResponseSimple is read.

reading = read(data, profile)
reading.document, reading.findings
"""

from integrations.ubl.reading import UblReading, read
from integrations.ubl.writing import UblError, document_bytes
from integrations.ubl.xml import Node, XmlError, parse_xml

__all__ = ["Node", "UblError", "UblReading", "XmlError", "document_bytes", "parse_xml", "read"]
