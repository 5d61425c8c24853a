"""Put a mutant in the place of a module that is loaded already.

Functions get the code of their mutants, so that whoever has imported them calls the mutant too.
Constants are replaced in every module that imported them, defaults of fields where they are used.
"""

import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

from tests.mutation.changes import Mutant


def functions(module: ModuleType) -> dict[str, FunctionType]:
    """Give the functions and methods of a module by their qualified names."""
    found: dict[str, FunctionType] = {}
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__:
            for inner in vars(value).values():
                found |= _named(inner, module)
        else:
            found |= _named(value, module)
    return found


def _named(value: object, module: ModuleType) -> dict[str, FunctionType]:
    for name in ("fget", "__wrapped__", "__func__"):
        value = getattr(value, name, None) or value
    if isinstance(value, FunctionType) and value.__module__ == module.__name__:
        return {value.__qualname__: value}
    return {}


def applied(mutant: Mutant, module: ModuleType) -> bool:
    """Put it in place; tell whether that was possible."""
    path = str(module.__file__)
    function = functions(module).get(mutant.where)
    code = compile(mutant.tree, path, "exec")
    if function is not None:
        new = {each.co_qualname: each for each in _codes(code)}.get(mutant.where)
        if new is None:
            return False
        function.__code__ = new
    fresh = _executed(code, module)
    if function is not None:
        _redefault(function, mutant.where, fresh)
        return True
    return _replace(mutant.where, module, fresh)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _executed(code: CodeType, module: ModuleType) -> dict[str, object]:
    """Run the mutant beside the module; it may find itself under a name of its own only."""
    name = f"{module.__name__}__mutant"
    other = sys.modules[name] = ModuleType(name)
    exec(code, vars(other))  # noqa: S102 - it is this project's own code
    return vars(other)


def _redefault(function: FunctionType, where: str, fresh: dict[str, object]) -> None:
    new = fresh.get(where)
    if isinstance(new, FunctionType) and _plain(new.__defaults__, new.__kwdefaults__):
        function.__defaults__, function.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def _plain(defaults: tuple[object, ...] | None, others: dict[str, object] | None) -> bool:
    """Tell whether nothing in them is of a class of the mutant, which nobody else knows."""
    values = [*(defaults or ()), *(others or {}).values()]
    return all(
        value in (None, ()) or isinstance(value, bool | int | float | str) for value in values
    )


def _replace(where: str, module: ModuleType, fresh: dict[str, object]) -> bool:
    owner, _, field = where.rpartition(".")
    if owner:
        return _replace_default(vars(module)[owner], fresh[owner], field)
    old = vars(module)[where]
    for each in list(sys.modules.values()):
        known = getattr(each, "__dict__", {})
        if known.get(where) is old:
            known[where] = fresh[where]
    return True


def _replace_default(owner: type, fresh: object, field: str) -> bool:
    defaults = getattr(vars(owner).get("__init__"), "__kwdefaults__", None) or {}
    new = getattr(vars(fresh).get("__init__"), "__kwdefaults__", None) or {}
    if field not in defaults or field not in new:
        return False
    defaults[field] = new[field]
    return True
