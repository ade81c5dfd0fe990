"""What was typed and cannot be read, in fer-video's own words: what was expected, what was found, what to do.

Typer's kinds of errors and its checking of values are no part of what it promises, so they are told by attributes, and
whatever is not known is passed on in its own words.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from ..nearest import nearest
from .flags import said_by

if TYPE_CHECKING:
    from typer.exceptions import TyperException

EXPECTED = {
    "float_parsing": "a number",
    "int_parsing": "a whole number",
    "bool_parsing": "true or false",
    "greater_than_equal": "{ge:g} or more",
    "less_than_equal": "{le:g} or less",
}
"""What a parameter takes, by why a value was refused."""

TIMES = "a time such as 2024-03-26T09:00 or 2024-03-26T09:00:30"


def describe_usage(error: TyperException) -> str | None:
    """One line; None for what is no mistake, as a command without anything behind it that shows its help."""
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    command = context.command_path if context else "fer-video"
    parameter = getattr(error, "param", None)
    if kind == "NoArgsIsHelpError":
        return None
    if kind == "NoSuchOption":
        said = _describe_option(error, command)
    elif kind == "MissingParameter" and parameter is not None:
        said = f"expected {_name(parameter)}; found none. '{command} --help' says more."
    elif parameter is not None:
        said = f"{_name(parameter)}: {_describe_value(error)}"
    else:
        said = _describe_rest(error, command)
    return said


def _describe_option(error: TyperException, command: str) -> str:
    context, option = getattr(error, "ctx", None), getattr(error, "option_name", "")
    known = [name for one in context.command.params for name in one.opts] if context else []
    listed = f"'{command} --help' lists them."
    file = next((word for word in sys.argv[1:] if word.startswith(option) and os.path.lexists(word)), None)
    meant = f" The file of this name is written ./{file}" if file else nearest(option, known)
    return f"expected an option of '{command}'; found {file or option}.{meant}{'.' if file else ''} {listed}"


def _describe_rest(error: TyperException, command: str) -> str:
    context = getattr(error, "ctx", None)
    unknown = re.fullmatch(r"No such command '(.*?)'\..*", error.message, re.DOTALL)
    if unknown and context:
        guess = nearest(unknown[1], context.command.commands)
        return f"expected a command; found {unknown[1]!r}.{guess} '{command} --help' lists them."
    extra = re.fullmatch(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", error.message.rstrip("."), re.DOTALL)
    if extra:
        return f"expected nothing more behind '{command}'; found {extra[1]!r}. '{command} --help' says more."
    said = re.sub(r"^Option '(\S+)' (requires|does not take) (.*?)\.?$", _without_value, error.message)
    return f"{said.rstrip('.')}. '{command} --help' says more."


def _without_value(found: re.Match[str]) -> str:
    option, verb, what = found.groups()
    values = what.replace("an argument", "a value").replace("arguments", "values").removeprefix("a value")
    if verb == "requires":
        return f"{option}: expected {values.strip() or 'a value'} behind it; found {'fewer' if values else 'none'}"
    return f"{option}: expected no value behind it; found one"


def _name(parameter: Any) -> str:
    """The flag, the variable that says it, or what the help calls an argument."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper()).removesuffix("...")
    return said_by(str(parameter.opts[0])) if parameter.envvar else str(parameter.opts[0])


def _describe_value(error: TyperException) -> str:
    refused: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    first: dict[str, Any] = refused[0] if refused else {}
    found, why = first.get("input"), str(first.get("ctx", {}).get("error", error.message))
    expected = EXPECTED.get(first.get("type", ""), "").format(**first.get("ctx", {}))
    choices = re.findall(r"'(.*?)'", why.partition(" is not one of ")[2])
    if choices:
        return f"expected one of {', '.join(choices)}; found {found!r}.{nearest(found, choices)}"
    if "does not match the formats" in why:
        expected = TIMES
    if expected:
        return f"expected {expected}; found {found!r}."
    return f"{why.rstrip('.')}."
