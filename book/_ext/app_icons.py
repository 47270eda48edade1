"""Draw the book's icon as PNG files, for the home screen of a phone and the list of installed apps.

The picture is the site's ``icon.svg``; this draws the few shapes that it is made of.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageDraw
from sphinx.errors import ExtensionError

SIZES = (192, 512)
# Drawn larger, then reduced, which smooths the edges.
OVERSAMPLING = 4
# Systems cut a maskable icon to a circle or a rounded square; the mark must stay in its inner 80%.
MASKABLE_SCALE = 0.78
_MOVE = re.compile(r"M([\d.-]+) ([\d.-]+)(?:h([\d.-]+)|l([\d.-]+) ([\d.-]+))")


def draw(svg: str, size: int, *, maskable: bool = False) -> Image.Image:
    """Return the icon ``size`` pixels wide: a ground of one colour, with lines and dots on it.

    A maskable icon's ground has no corners and its mark is smaller. Raises ExtensionError for a shape that
    this does not know.
    """
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", svg))
    units = float(root.get("viewBox", "0 0 32 32").split()[2])
    unit = size * OVERSAMPLING / units
    scale = MASKABLE_SCALE if maskable else 1
    picture = Image.new("RGBA", (size * OVERSAMPLING,) * 2)
    canvas = ImageDraw.Draw(picture)

    def place(value: str | float) -> float:
        return ((float(value) - units / 2) * scale + units / 2) * unit

    def dot(x: str | float, y: str | float, radius: float, colour: str) -> None:
        across = radius * scale * unit
        canvas.ellipse(
            (place(x) - across, place(y) - across, place(x) + across, place(y) + across), fill=colour
        )

    def paint(shape: ElementTree.Element, fill: str, stroke: str) -> None:
        fill, stroke = shape.get("fill", fill), shape.get("stroke", stroke)
        line = _MOVE.fullmatch(shape.get("d", ""))
        if shape.tag in ("svg", "g"):
            for child in shape:
                paint(child, fill, stroke)
        elif shape.tag == "rect":
            corner = 0 if maskable else float(shape.get("rx", 0)) * unit
            canvas.rounded_rectangle((0, 0, *picture.size), corner, fill=fill)
        elif shape.tag == "circle":
            dot(shape.get("cx", 0), shape.get("cy", 0), float(shape.get("r", 0)), fill)
        elif shape.tag == "path" and line:
            x, y = float(line[1]), float(line[2])
            end = (x + float(line[3] or line[4]), y + float(line[5] or 0))
            width = float(shape.get("stroke-width", 1))
            points = (place(x), place(y), place(end[0]), place(end[1]))
            canvas.line(points, fill=stroke, width=round(width * scale * unit))
            dot(x, y, width / 2, stroke)
            dot(*end, width / 2, stroke)
        else:
            raise ExtensionError(f"icon.svg has a shape that app_icons.py cannot draw: {shape.tag}")

    paint(root, "black", "black")
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def write(svg: str, folder: Path) -> list[dict[str, str]]:
    """Write the icons into ``folder`` and return their entries for a web app manifest, without the path."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for maskable in (False, True):
        for size in SIZES:
            name = f"icon-{'maskable-' if maskable else ''}{size}.png"
            draw(svg, size, maskable=maskable).save(folder / name, optimize=True)
            entry = {"src": name, "sizes": f"{size}x{size}", "type": "image/png"}
            entries.append({**entry, "purpose": "maskable"} if maskable else entry)
    return entries
