"""Templates to text. Whatever is put into one is escaped, but for pictures drawn here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vecstore.evaluation.needs import require_libraries

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: Any) -> str:
    """A page, from a template in the folder ``templates``.

    Raises:
        InvalidArgument: a library is missing.
    """
    require_libraries()
    return _environment().get_template(template).render(**values)


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("vecstore.judging.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
