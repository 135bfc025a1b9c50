"""Whether a line of a TODO list says what is to be done: rules over its words, in English, and no model.

A line is vague when a rule says so, in this order:

    one word      a single word names no task: "research", "misc"; but "report.md" or "v2" would name something
    intention     a verb of intention ("build", "improve", "fix", "handle", "look into" …) with no object of its own:
                  what is left without little words ("it", "the", "some", "properly") and without words that fit any
                  task ("feature", "things", "issues", "code" …) is nothing: "build the new feature", "handle it"
    no measure    a verb of improvement with nothing but a quality to improve, and no figure: "improve performance";
                  "improve performance to 20 ms" says when it is done
    nothing       nothing but little words and words that fit any task: "various things", "the rest"
    open end      it says itself that it is not all: "etc", "and so on", "as needed", "somehow"
    several       three tasks or more in one line, or two parted by ";" or "and then": "write it, test it and ship it"

What names something (a figure, a path, an address, words in quotes, `name_with_signs`) makes a line concrete for all
rules but the last two, and those look only at what stands before the first such name: a file may be called anything.
A line that is not in Latin letters is never called vague. When in doubt a line is concrete: to ask about a good plan
costs more than to let a weak one pass.
"""

import re
from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERBS = _words(
    "build implement improve handle fix do make address manage research investigate optimise optimize refactor "
    "clean cleanup update finish continue complete prepare plan think start begin check review polish support "
    "ensure help develop create design work deal take look sort figure set tidy enhance test explore try solve "
    "resolve analyse analyze consider proceed go get wrap follow study understand organise organize process "
    "perform execute"
)
"""Verbs that say that something is meant, and not what."""
IMPROVING = _words("improve optimise optimize enhance polish refactor clean tidy speed better harden")
PARTICLES = _words("on up out into with care of at about over off through down around along for in to")
LITTLE = _words(
    "a an the it its this that these those them they all any some every each both more most rest everything "
    "anything something nothing and or as if so then also just please really properly well better best good nice "
    "new old next first other another various several many few different general further necessary needed "
    "appropriate required remaining relevant important main overall whole correctly fully completely quickly soon "
    "asap later again be is are was what whatever we i you our my your there here how"
)
ANYTHING = _words(
    "feature features thing things stuff issue issues problem problems bug bugs code codebase system project work "
    "task tasks item items job jobs part parts functionality solution improvement improvements change changes "
    "update updates app application software product goal goals request requirement requirements step steps "
    "matter matters misc miscellaneous tbd todo todos research investigation analysis detail details situation "
    "topic topics way ways implementation development"
)
"""Words that fit any task."""
QUALITIES = _words(
    "performance quality speed usability security stability reliability efficiency readability maintainability "
    "design ux ui look feel experience style structure robustness scalability consistency documentation docs"
)
ENDLESS = re.compile(
    r"\b(etc|and so on|and so forth|and more|as (?:needed|required|appropriate|necessary)|if (?:needed|necessary)"
    r"|tbd|somehow|or something|or so)\b"
)
ACTS = VERBS | _words(
    "write read list search find fetch send mail email deploy ship release publish add remove delete change "
    "rename move copy run install configure document remember compare summarise summarize report ask call "
    "download upload merge format lint measure verify compile generate convert extract collect count translate "
    "draft"
)
"""Verbs that begin a task of its own."""
ONE_WORD = "one word names no task"
NO_OBJECT = "it says that something is to be done, and not to what"
NO_MEASURE = "it says neither what is to change nor how to tell that it is done"
NOTHING = "none of its words says what is to be done"
OPEN_END = "it leaves open what else belongs to it"
SEVERAL = "it joins several tasks"

_QUOTED = re.compile(r"\"[^\"]+\"|'[^']+'|`[^`]+`|“[^”]+”|«[^»]+»")
_WORD = re.compile(r"\S+")
_NAMES = re.compile(r"[0-9/@_#=<>%$€{}\\]|\w\.\w|\w:\w|^\.\w|^\*|\*\.")
_HARD_PARTING = re.compile(r";|\band then\b|\bthen\b")
_PARTING = re.compile(r";|,|\band then\b|\bthen\b|\band\b|\bafterwards\b")


def why_vague(text: str) -> str:
    """What is vague about the line, or nothing."""
    if not _is_latin(text):
        return ""
    head, names = _head(text.casefold())
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", head)
    if not names and (why := _wordless(words)):
        return why
    if ENDLESS.search(head):
        return OPEN_END
    return SEVERAL if _tasks(head) else ""


def _wordless(words: list[str]) -> str:
    """Why the words, none of which names anything, say too little."""
    if len(words) < 2:
        return ONE_WORD
    said = [word for word in words if not _says_nothing(word, words)]
    if words[0] in VERBS:
        left = [word for word in said if word not in VERBS and word not in PARTICLES]
        if not left:
            return NO_OBJECT
        if words[0] in IMPROVING and all(word in QUALITIES for word in left):
            return NO_MEASURE
    return "" if said else NOTHING


def _says_nothing(word: str, words: list[str]) -> bool:
    """A word without meaning of its own. An "a" at the end is a name: articles need something after them."""
    alone = word == "a" and words[-1] == "a"
    return (word in LITTLE and not alone) or word in ANYTHING


def _head(text: str) -> tuple[str, bool]:
    """What stands before the first name, and whether there is one."""
    starts = [found.start() for found in _QUOTED.finditer(text)]
    starts += [found.start() for found in _WORD.finditer(text) if _NAMES.search(found[0].strip(".,;:!?()[]…"))]
    return (text[: min(starts)], True) if starts else (text, False)


def _tasks(head: str) -> bool:
    """Whether the line joins tasks: each begins with a verb, and says more than that."""
    parted_hard = [part for part in _HARD_PARTING.split(head) if _is_task(part)]
    return len(parted_hard) > 1 or len(list(_acts(head))) > 2


def _acts(head: str) -> Iterator[str]:
    return (part for part in _PARTING.split(head) if _is_task(part))


def _is_task(part: str) -> bool:
    words = part.split()
    asks = words[:3] == ["ask", "for", "approval"] or words[:3] == ["ask", "for", "consent"]
    return len(words) > 1 and words[0] in ACTS and not asks


def _is_latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and all(char < "\u0250" for char in letters)
