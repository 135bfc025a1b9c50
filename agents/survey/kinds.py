"""What kind of file a name promises."""

import re
from pathlib import PurePosixPath

KINDS = {
    "Python": "py pyi pyw",
    "JavaScript": "js mjs cjs jsx",
    "TypeScript": "ts tsx mts",
    "C and C++": "c h cc cpp cxx hpp hh",
    "Go": "go",
    "Rust": "rs",
    "Java": "java",
    "Ruby": "rb",
    "Shell": "sh bash zsh",
    "SQL": "sql",
    "HTML": "html htm",
    "Style sheet": "css scss less",
    "Markdown": "md markdown",
    "Text": "txt rst log adoc",
    "Settings": "toml ini cfg conf env yaml yml",
    "JSON": "json jsonl",
    "XML": "xml svg",
    "Table": "csv tsv parquet xlsx xls",
    "Image": "png jpg jpeg gif webp ico bmp tiff",
    "Sound or film": "mp3 wav ogg flac mp4 mov mkv webm",
    "Document": "pdf docx doc odt pptx ppt epub",
    "Archive": "zip gz tar tgz bz2 xz zst 7z whl jar",
    "Lock file": "lock",
}
BY_SUFFIX = {suffix: kind for kind, suffixes in KINDS.items() for suffix in suffixes.split()}


def kind_of(path: str) -> str:
    """The kind by extension; an unknown plain extension is its own kind."""
    suffix = PurePosixPath(path).suffix[1:].lower()
    if not suffix:
        return "no extension"
    return BY_SUFFIX.get(suffix) or (f".{suffix}" if re.fullmatch(r"[a-z0-9]{1,10}", suffix) else "other")
