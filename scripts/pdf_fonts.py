"""The fonts of the printed book: the same on every machine, with only the characters that the book uses.

They come as variable fonts from packages of requirements-test.txt. A PDF can embed a font of one weight, not
a variable one, so each weight and slope that the book needs becomes a font of its own here.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable
from fontTools.varLib import instancer

logging.getLogger("fontTools").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Face:
    """One font of the book: where its variable original lies, and what is fixed in it."""

    family: str
    file: str
    weight: int
    italic: bool = False
    optical: bool = False
    collection: int = -1


SERIF, SANS, MONO = "Book Serif", "Book Sans", "Book Mono"
CHINESE = "Book Chinese"
_FILES = {
    SERIF: "fontpkg_source_serif_4/files/SourceSerif4{}[opsz,wght].ttf",
    SANS: "fontpkg_source_sans_3/files/SourceSans3{}[wght].ttf",
    MONO: "fontpkg_source_code_pro/files/SourceCodePro{}[wght].ttf",
}
FACES = (
    *(
        Face(family, file.format("-Italic" if italic else ""), weight, italic, family == SERIF)
        for family, file in _FILES.items()
        for weight, italic in ((400, False), (400, True), (600, False), (600, True))
        if family == SERIF or not (weight == 600 and italic)
    ),
    # The third font of the collection is the one for simplified Chinese.
    *(
        Face(CHINESE, "manimgx_fonts_cjk/NotoSansCJK-VF.otf.ttc", weight, collection=2)
        for weight in (400, 600)
    ),
)


def source(face: Face) -> Path:
    """Return the original of a face; raises FileNotFoundError with the command that installs it."""
    package, _, inside = face.file.partition("/")
    found = find_spec(package)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"{face.family} needs the package {package}: make test-environment")
    return Path(found.origin).with_name(inside) if "/" not in inside else Path(found.origin).parent / inside


def make(face: Face, characters: set[str]) -> bytes | None:
    """Return the face with those of ``characters`` that it has, as a font file, or None if it has none."""
    options = {"fontNumber": face.collection} if face.collection >= 0 else {}
    font = TTFont(source(face), recalcBBoxes=False, **options)
    wanted = {ord(character) for character in characters} & set(font.getBestCmap())
    if not wanted:
        return None
    subsetter = Subsetter(Options(hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14]))
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    buffer = io.BytesIO()
    font.save(buffer)
    font = TTFont(io.BytesIO(buffer.getvalue()), recalcBBoxes=False)
    axes = {"wght": face.weight, **({"opsz": 11} if face.optical else {})}
    font = instancer.instantiateVariableFont(font, axes)
    if "CFF2" in font:
        quadratic(font)
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def quadratic(font: TTFont) -> None:
    """Give a font TrueType's outlines: Chromium embeds only these as text that can be searched and copied."""
    glyphs, names = font.getGlyphSet(), font.getGlyphOrder()
    table, maximum = newTable("glyf"), newTable("maxp")
    table.glyphOrder, table.glyphs = names, {}
    for name in names:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, max_err=font["head"].unitsPerEm / 1000, reverse_direction=True))
        table[name] = pen.glyph()
    maximum.tableVersion = 0x00010000
    for limit in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
        setattr(maximum, f"max{limit}", 0)
    maximum.maxZones, maximum.maxSizeOfInstructions, maximum.maxComponentElements = 1, 0, 0
    font["loca"], font["glyf"], font["maxp"] = newTable("loca"), table, maximum
    for tag in ("CFF2", "VORG"):
        if tag in font:
            del font[tag]
    font["post"].formatType = 3.0
    font.recalcBBoxes = True
    font.sfntVersion = "\x00\x01\x00\x00"


def style_sheet(folder: Path, characters: set[str]) -> str:
    """Write the fonts into ``folder`` and return the rules that make a page use them."""
    rules = []
    for number, face in enumerate(FACES):
        content = make(face, characters)
        if content is None:
            continue
        (folder / f"font-{number}.otf").write_bytes(content)
        rules.append(
            f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};'
            f'font-style:{"italic" if face.italic else "normal"};src:url("font-{number}.otf")}}'
        )
    return "\n".join(rules)
