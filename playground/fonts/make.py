"""Makes text.ttf of egui's Ubuntu Light: fewer letters, and no instructions for pixels, which are four fifths of it.

    pip install fonttools==4.68.0
    python3 playground/fonts/make.py Ubuntu-Light.ttf playground/fonts/text.ttf
"""

import sys

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

NAME = "Ubuntu Light derivative Kiln"
# Latin, Greek, Cyrillic, punctuation, raised and lowered digits, currency, arrows, mathematics.
RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x3FF), (0x400, 0x45F), (0x2010, 0x2033),
    (0x2070, 0x208F), (0x20AC, 0x20AC), (0x2122, 0x2122), (0x2190, 0x2193), (0x2200, 0x22FF),
]


def main(source, target):
    font = TTFont(source)
    subsetter = Subsetter(Options(hinting=False, layout_features=["kern", "mark"], name_IDs=["*"], notdef_outline=True))
    subsetter.populate(unicodes=[letter for first, last in RANGES for letter in range(first, last + 1)])
    subsetter.subset(font)
    # Family, unique name, full name; the PostScript name has no spaces.
    for part, name in {1: NAME, 3: NAME, 4: NAME, 6: NAME.replace(" ", "-"), 16: NAME}.items():
        if font["name"].getDebugName(part):
            font["name"].setName(name, part, 3, 1, 0x409)
    font.save(target)


main(*sys.argv[1:])
