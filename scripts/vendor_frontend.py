"""Copy the built front-end files out of npm packages into portal/static/vendor. No Node is needed to run the portal.

In an empty folder: `npm install @tabler/core@1.6.1 @tabler/icons@3.51.0 htmx.org@2.0.10 chart.js@4.6.1 axe-core@4.14.1
@fontsource-variable/inter@5.3.0`, then `python scripts/vendor_frontend.py <folder>/node_modules`.
The icons of the sprite are the names in portal/static/vendor/icons.txt.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "portal" / "static" / "vendor"
TEST_VENDOR = ROOT / "tests" / "browser" / "vendor"

FILES = {
    "@tabler/core": [("dist/css/tabler.min.css", "tabler.min.css")],
    "htmx.org": [("dist/htmx.min.js", "htmx.min.js"), ("LICENSE", "htmx.LICENSE")],
    "chart.js": [("dist/chart.umd.min.js", "chart.umd.min.js"), ("LICENSE.md", "chart.LICENSE")],
    "@tabler/icons": [("LICENSE", "tabler-icons.LICENSE")],
    "@fontsource-variable/inter": [
        ("files/inter-latin-wght-normal.woff2", "inter-latin.woff2"),
        ("files/inter-latin-ext-wght-normal.woff2", "inter-latin-ext.woff2"),
        ("LICENSE", "inter.LICENSE"),
    ],
}
TEST_FILES = {"axe-core": [("axe.min.js", "axe.min.js"), ("LICENSE", "axe.LICENSE")]}
SOURCE_MAP = re.compile(rb"\n?(?://|/\*)# sourceMappingURL=[^\n*]*(?:\*/)?\s*$")
DRAWING = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def copy(modules: Path, files: dict[str, list[tuple[str, str]]], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for package, pairs in files.items():
        version = json.loads((modules / package / "package.json").read_text())["version"]
        for source, name in pairs:
            data = (modules / package / source).read_bytes()
            (target / name).write_bytes(SOURCE_MAP.sub(b"\n", data) if name.endswith((".js", ".css")) else data)
        sys.stdout.write(f"{package} {version}\n")


def sprite(icons: Path, names: list[str]) -> str:
    symbols = []
    for name in names:
        found = DRAWING.search((icons / f"{name}.svg").read_text())
        if found is None:
            raise SystemExit(f"{name}.svg is not an SVG drawing")
        drawing = re.sub(r"\s*\n\s*", "", found.group(1))
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
            f'stroke-linecap="round" stroke-linejoin="round">{drawing}</symbol>'
        )
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def main(modules: Path) -> None:
    copy(modules, FILES, VENDOR)
    copy(modules, TEST_FILES, TEST_VENDOR)
    names = (VENDOR / "icons.txt").read_text().split()
    (VENDOR / "icons.svg").write_text(sprite(modules / "@tabler" / "icons" / "icons" / "outline", names))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
