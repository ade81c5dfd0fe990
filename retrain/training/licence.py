"""What may be done with a model, as a card says it: first whether it may be used commercially, then why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MIT = "MIT for the weights."
PARKHI = "Non-commercial research: the weights were started from VGG-Face (Parkhi et al. 2015, Oxford)."
IMAGENET = "The weights were started from Keras Applications' ImageNet weights; ImageNet is for research."
STARTS = {"scratch": MIT, "vgg-face": PARKHI, "imagenet": IMAGENET}
"""Terms of what a network may begin with, by the name that `retrain --base` knows it by."""

PICTURES = (
    "The pictures of FER-2013 were found by a web search and belong to whoever took them; "
    "no licence of theirs is known."
)
VOTES = "The votes of FER+ are under the MIT licence, the pictures not being part of it."
EARLIER = {"The pictures of FER-2013 came from web search: research and evaluation.": PICTURES}
"""Sentences of cards from before these were written, and what says the same now."""

OWN_FACES = re.compile(r"The labelled faces \(.*\) have terms of their own\.")
NOT_NOTED = re.compile(r"The terms of what it was started from or taught by were not noted: .*\.")

WAYS = {"was started from": "start", "learned the answers of": "teacher", "was averaged with": "average"}
TOOK = re.compile(rf"It ((?:(?:{'|'.join(WAYS)})(?:, | and )?)+) ([^\s:,]+)(?:: (.+)|, under the same terms\.)")
"""A sentence on what a model took from another: how, its name, and the beginning of its terms."""

MADE = "It was made from other models: "
TERMS = re.compile(r"Terms of ([^\s:]+): (.+)")
ANSWER = "Commercial use: "


def took(way: str, name: str, licence: str) -> str:
    """A sentence on what a model took from another, with that one's licence, for `describe` to take apart.

    Args:
        way: a key of `WAYS`.
        name: of the other model, with the beginning of its hash where that is known.
        licence: of the other model.
    """
    return f"It {way} {name}: {licence}"


def describe(parts: Iterable[str]) -> str:
    """A licence: whether the model may be used commercially, each term once, and each model that went into it once.

    Args:
        parts: terms of the beginning and of the faces, and what `took` says; licences of earlier cards among them.
    """
    terms: dict[str, None] = {}
    models: dict[str, dict[str, None]] = {}
    for part in parts:
        owner = ""
        for sentence in _sentences(part):
            found = TOOK.fullmatch(sentence)
            owner = found[2] if found else owner
            for name, ways in _models_in(sentence):
                models.setdefault(name, {}).update(dict.fromkeys(ways))
            rest = found[3] if found else sentence
            if rest and not rest.startswith((ANSWER, MADE)):
                terms[_named(EARLIER.get(rest, rest), owner)] = None
    made = "; ".join(f"{name} ({', '.join(ways)})" for name, ways in models.items())
    said = [*_in_order(terms), *([f"{MADE}{made}."] if made else [])]
    return " ".join([f"{ANSWER}{_explain(said)}", *said])


def commercial(licence: str) -> str:
    """Whether a model may be used commercially, in a word or two: what its licence says first."""
    return _judge(_sentences(licence))[0]


def _models_in(sentence: str) -> list[tuple[str, list[str]]]:
    """The models that a sentence says were taken from, each with how."""
    found = TOOK.fullmatch(sentence)
    if found:
        return [(found[2], [way for words, way in WAYS.items() if words in found[1]])]
    if sentence.startswith(MADE):
        return [(name, ways.split(", ")) for name, ways in re.findall(r"([^\s;]+) \(([^)]*)\)", sentence)]
    return []


def _explain(terms: Sequence[str]) -> str:
    answer, why = _judge(terms)
    return f"{answer}, as {why}."


def _judge(terms: Sequence[str]) -> tuple[str, str]:
    """The answer, and why: the strictest of all terms counts."""
    if any("Non-commercial" in term for term in terms):
        return "no", "a part of it is for non-commercial research"
    unsettled = (
        (any(term == IMAGENET for term in terms), "ImageNet is for research"),
        (any(NOT_NOTED.fullmatch(term) for term in terms), "some terms were not noted"),
        (any(TERMS.fullmatch(term) for term in terms), "models that went into it have terms of their own"),
        (PICTURES in terms, "no licence of FER-2013's pictures is known"),
    )
    why = [reason for holds, reason in unsettled if holds]
    if why:
        return "not settled", " and ".join(why)
    return "as its faces allow", "their terms are not known here"


def _sentences(text: str) -> list[str]:
    """The sentences of a licence, those of earlier cards in today's words."""
    return [EARLIER.get(one, one) for one in re.split(r"(?<=\.) (?=[A-Z])", text) if one]


def _named(term: str, owner: str) -> str:
    """A term that is not one of ours, with the model whose licence it stands in."""
    ours = term in {MIT, PARKHI, IMAGENET, PICTURES, VOTES} or any(
        form.fullmatch(term) for form in (OWN_FACES, NOT_NOTED, TERMS)
    )
    return term if ours or not owner else f"Terms of {owner}: {term}"


def _in_order(terms: Iterable[str]) -> list[str]:
    """Terms of the weights first, then those of faces, then others': sorting keeps the order within each."""
    return sorted(terms, key=lambda term: (term not in STARTS.values(), bool(TERMS.fullmatch(term))))
