"""One transaction set checked segment by segment, as it comes: in the right place, often enough, and right in itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from integrations.x12.findings import Finding, Severity
from integrations.x12.schema import SEGMENT_ID, Extensions, SegmentSpec, era_of, specs_for
from integrations.x12.structure import Layout, Step, layout_of
from integrations.x12.tokens import Segment

MOST_FINDINGS: Final = 500
"""More findings than this about one transaction set help nobody."""


class SetChecker:
    """Takes the segments of one transaction set in their order, from ST to SE; `findings` grow on the way.

    `layout` and `specs` are those of another standard where it is not X12's.
    """

    def __init__(
        self,
        code: str,
        version: str = "004010",
        extensions: Extensions = (),
        *,
        layout: Layout | None = None,
        specs: Mapping[str, SegmentSpec] | None = None,
    ) -> None:
        self.code = code
        self.findings: list[Finding] = []
        self.position = 0
        self._specs = specs_for(era_of(version), extensions) if specs is None else specs
        self._layout = layout or layout_of(code)
        self._at = 0
        self._steps: list[dict[str, Step | None]] = self._layout.steps if self._layout else [{}]
        self._right: dict[str, Callable[[str], object]] = {}
        self._counts: dict[int, int] = {}
        self._passed = 0
        self._told: set[tuple[str, str, int, str]] = set()

    def feed(self, segment: Segment, raw: str, separator: str, offset: int = -1) -> None:
        """The next segment; `raw` is its text, `offset` its byte in the file."""
        name = segment[0]
        self.position += 1
        right = self._right.get(name)
        if (right is None or right(raw) is None) and not self._look(name, segment, raw, separator, offset):
            return
        step = self._steps[self._at].get(name)
        if step is None or step.missing:
            self._place(name, offset)
            return
        self._at = number = step.number
        if step.repeats:
            count = self._counts[number] = self._counts.get(number, 1) + 1
            if count > step.most:
                self._too_many(name, step.most, count, offset)
        elif step.most > 1:
            self._counts[number] = 1

    def _look(self, name: str, segment: Segment, raw: str, separator: str, offset: int) -> bool:
        """A segment in a shape it did not have last time: note what is wrong with it. False where it is no segment at all."""
        spec = self._specs.get(name)
        if spec is not None:
            if shape := spec.shape(segment, raw, separator):
                self._right[name] = shape.fullmatch
            else:
                for finding in spec.faults(segment, self.position, offset):
                    self.note(finding)
        elif SEGMENT_ID.fullmatch(name):
            # One we know nothing about: its id is all there is to be right.
            self._right[name] = SEGMENT_ID.match
        else:
            shown = name[:20]
            message = f"{shown!r} is no segment id; a delimiter may stand inside the data before it."
            self.note(Finding("bad-segment-id", message, "warning", shown, self.position, offset=offset))
            return False
        return True

    def _place(self, name: str, offset: int) -> None:
        """The rare ways: a step seen for the first time, one that leaves something out, or a segment that has no place."""
        layout = self._layout
        if layout is None or self.position == 1:
            return
        step = layout.step(self._at, name)
        if step is None:
            self._homeless(layout, name, offset)
            return
        for missing in step.missing:
            self._missing(missing, offset)
        number = step.number
        count = self._counts[number] = self._counts.get(number, 1) + 1 if step.repeats else 1
        if count > step.most:
            self._too_many(name, step.most, count, offset)
        self._at = number

    def _homeless(self, layout: Layout, name: str, offset: int) -> None:
        if name not in layout.names:
            message = f"Segment {name} is not one we use in a {self.code}; it was kept and not read."
            self._say("unused-segment", message, "info", name, offset)
            return
        before = layout.slots[self._at].name
        # What seemed to be missing only comes late.
        late = [each for each in self.findings if each.code == "missing-segment" and each.segment == name]
        for each in late:
            self.findings.remove(each)
        message = f"Segment {name} does not belong behind {before} in a {self.code}; it was read where it stands."
        self._say("out-of-place", message, "warning", name, offset)
        home = next((slot for slot in layout.slots if slot.name == name and slot.outer is None), None)
        if home is not None and home.inner:
            # Back into the loop it begins; what was behind that loop has been there already.
            self._passed = max(self._passed, self._at)
            self._at = home.number
            self._counts[home.number] = self._counts.get(home.number, 0) + 1

    def finish(self) -> None:
        """The set is over; where its SE was missing, what else is missing is said too."""
        if self._layout is not None and self.position and self._at != len(self._layout.slots) - 1:
            step = self._layout.step(self._at, self._layout.slots[-1].name)
            for missing in step.missing if step is not None else ():
                self._missing(missing, -1)

    def _missing(self, name: str, offset: int) -> None:
        slots = self._layout.slots[: self._passed + 1] if self._layout and self._passed else ()
        if any(slot.name == name and slot.outer is None for slot in slots):
            return
        message = f"A transaction set {self.code} needs a {name} segment here; there is none."
        self._say("missing-segment", message, "error", name, offset)

    def _too_many(self, name: str, most: int, count: int, offset: int) -> None:
        if count == most + 1:
            message = f"{name} occurs more than the {most} times that a {self.code} allows here."
            self._say("too-many", message, "warning", name, offset)

    def _say(self, code: str, message: str, severity: Severity, name: str, offset: int) -> None:
        self.note(Finding(code, message, severity, name, self.position, offset=offset))

    def note(self, finding: Finding) -> None:
        """Keep a finding. What is only worth a word is said once; beyond `MOST_FINDINGS` only that there are more."""
        if finding.severity == "info":
            key = (finding.code, finding.segment, finding.element, finding.value)
            if key in self._told:
                return
            self._told.add(key)
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        elif len(self.findings) == MOST_FINDINGS or finding.severity == "error":
            message = f"There are more than {MOST_FINDINGS} findings in this document; the others are not listed."
            severity: Severity = "error" if finding.severity == "error" else "warning"
            self.findings[MOST_FINDINGS:] = [
                Finding("more-findings", message, severity, finding.segment, finding.position)
            ]


def validate(code: str, segments: Sequence[Segment], separator: str = "*", version: str = "004010") -> list[Finding]:
    """What deviates from the schema in one whole transaction set; positions count from ST as 1."""
    checker = SetChecker(code, version)
    for segment in segments:
        checker.feed(segment, separator.join(segment), separator)
    checker.finish()
    return checker.findings
