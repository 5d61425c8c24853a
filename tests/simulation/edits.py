"""Changes of the configuration; what does not fit what there is changes nothing but its version."""

from dataclasses import replace
from typing import Any

from tests.simulation.plan import Draft, Wish
from tests.simulation.steps import Edit


def applied(draft: Draft, step: Edit) -> Draft:
    """Give the next version."""
    if step.what == "windows":
        windows: Any = step.value
        return draft.next(draft.wishes, windows)
    return draft.next(_changed(draft, draft.wish(step.name), step))


def _changed(draft: Draft, wish: Wish | None, step: Edit) -> tuple[Wish, ...]:
    value: Any = step.value
    match step.what:
        case "add" if wish is None:
            return (*draft.wishes, value)
        case "delete" if wish is not None and len(draft.wishes) > 1:
            return _without(draft, step.name)
        case "rename" if wish is not None and draft.wish(value) is None:
            return _renamed(draft, wish, value)
        case what if wish is not None and what in Wish.__dataclass_fields__:
            return _with(draft, replace(wish, **{what: value}))
        case _:
            return draft.wishes


def _with(draft: Draft, wish: Wish) -> tuple[Wish, ...]:
    return tuple(wish if each.name == wish.name else each for each in draft.wishes)


def _without(draft: Draft, name: str) -> tuple[Wish, ...]:
    return tuple(
        replace(each, depends_on=tuple(p for p in each.depends_on if p != name))
        for each in draft.wishes
        if each.name != name
    )


def _renamed(draft: Draft, wish: Wish, name: str) -> tuple[Wish, ...]:
    return tuple(
        replace(wish, name=name, was=wish.name)
        if each.name == wish.name
        else replace(each, depends_on=tuple(name if p == wish.name else p for p in each.depends_on))
        for each in draft.wishes
    )
