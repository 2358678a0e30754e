"""Exits with an error unless two sets of files are the same, byte for byte: `same_bytes.py GLOB GLOB`."""

import filecmp
import sys
from glob import glob
from pathlib import Path

one, other = (sorted(map(Path, glob(pattern))) for pattern in sys.argv[1:])
if not one or [file.name for file in one] != [file.name for file in other]:
    sys.exit(f"not the same files: {[*map(str, one)]} and {[*map(str, other)]}")
for left, right in zip(one, other):
    if not filecmp.cmp(left, right, shallow=False):
        sys.exit(f"not the same bytes: {left} and {right}")
