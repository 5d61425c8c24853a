"""Make the mutants of a module: one small change of its meaning each, in its syntax tree.

What is left alone: annotations, documentation, the words of an exception, and the texts that are
values of an enumeration.
"""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A module with one change: in which function, or of which name outside of all, and what."""

    tree: ast.Module
    where: str
    line: int
    change: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.where}: {self.change}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """A node of the tree, by the way to it from the root."""

    path: tuple[tuple[str, int | None], ...]
    node: ast.AST
    where: str


def mutants(source: str) -> Iterator[Mutant]:
    """Give all mutants of a module, in the order of its lines."""
    tree = ast.parse(source)
    for spot in _spots(tree):
        for new in _changes(spot.node):
            changed = deepcopy(tree)
            _put(changed, spot.path, deepcopy(new))
            yield Mutant(
                tree=ast.fix_missing_locations(changed),
                where=spot.where,
                line=_line(spot.node),
                change=_change(spot.node, new),
            )


def _spots(tree: ast.Module) -> Iterator[_Spot]:
    yield from _below(tree, (), "")


def _below(node: ast.AST, path: tuple[tuple[str, int | None], ...], where: str) -> Iterator[_Spot]:
    for name, value in ast.iter_fields(node):
        if _is_left_alone(node, name):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_quiet(child):
                continue
            way = (*path, (name, index))
            inside = _name(node, child, where)
            yield _Spot(path=way, node=child, where=inside)
            yield from _below(child, way, inside)


def _is_left_alone(node: ast.AST, field: str) -> bool:
    if field in {"annotation", "returns", "type_params", "decorator_list", "bases", "keywords"}:
        return field != "keywords" or isinstance(node, ast.ClassDef)
    return isinstance(node, ast.Raise) and field == "exc"


def _is_quiet(node: ast.AST) -> bool:
    """Tell what has no meaning of its own: documentation, imports, names of types."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return isinstance(node, ast.Import | ast.ImportFrom | ast.TypeAlias) or _is_enumeration(node)


def _is_enumeration(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases
    )


def _name(node: ast.AST, child: ast.AST, where: str) -> str:
    """Give the qualified name of the outermost function, or of what is assigned outside of all."""
    if where and not isinstance(node, ast.ClassDef):
        return where
    prefix = f"{where}." if where else ""
    match child:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return prefix + name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return prefix + name
        case _:
            return where


def _put(tree: ast.AST, path: tuple[tuple[str, int | None], ...], new: ast.AST) -> None:
    node: ast.AST = tree
    for name, index in path[:-1]:
        value = getattr(node, name)
        node = value if index is None else value[index]
    name, index = path[-1]
    if index is None:
        setattr(node, name, new)
    else:
        getattr(node, name)[index] = new


def _line(node: ast.AST) -> int:
    match node:
        case ast.comprehension(target=inner) | ast.match_case(pattern=inner):
            return inner.lineno
        case _:
            return getattr(node, "lineno", 0)


def _change(old: ast.AST, new: ast.AST) -> str:
    """Tell what is changed, as people read it."""
    if isinstance(old, ast.Call) and isinstance(new, ast.Call):
        called = _text(old.func)
        left = [each for each in old.keywords if each not in new.keywords]
        if left:
            return f"{called}(…) without {left[0].arg or '**'}"
        gone = [each for each in old.args if each not in new.args]
        return (
            f"{called}(… {_text(gone[0])} …) -> None" if gone else f"{called} -> {_text(new.func)}"
        )
    return f"{_text(old)} -> {_text(new)}"


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.match_case):
        guard = f" if {ast.unparse(node.guard)}" if node.guard is not None else ""
        return f"case {ast.unparse(node.pattern)}{guard}"
    if isinstance(node, ast.comprehension):
        return ast.unparse(node).strip()
    return ast.unparse(node).split("\n")[0]


def _changes(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - one case for each sort
    match node:
        case ast.Constant():
            yield from _constants(node)
        case ast.Compare():
            yield from _comparisons(node)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield ast.BoolOp(op=other, values=node.values)
            yield from node.values if len(node.values) == 2 else _without_one(node)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            yield ast.BinOp(left=left, op=ARITHMETIC[type(op)](), right=right)
        case ast.AugAssign(target=target, op=op, value=value):
            if type(op) in ARITHMETIC:
                yield ast.AugAssign(target=target, op=ARITHMETIC[type(op)](), value=value)
            yield ast.Assign(
                targets=[target], value=value, lineno=node.lineno, end_lineno=node.lineno
            )
        case ast.If(test=test, body=body, orelse=orelse):
            yield ast.If(test=_not(test), body=body, orelse=orelse)
        case ast.While(test=test, body=body, orelse=orelse):
            yield ast.While(test=_not(test), body=body, orelse=orelse)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case ast.comprehension():
            yield from _comprehensions(node)
        case ast.match_case():
            yield from _cases(node)
        case ast.Call():
            yield from _calls(node)
        case ast.Return(value=value) if not _is_none(value):
            yield ast.Return(value=ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.YieldFrom() | ast.Yield()):
            yield _nothing(node.value)
        case ast.Assign() | ast.AnnAssign(value=ast.Call() | ast.Name() | ast.Attribute()):
            yield from _assignments(node)
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    match node.value:
        case bool(value):
            yield ast.Constant(not value)
        case int(value) | float(value):
            yield ast.Constant(value + 1)
        case str(value):
            yield ast.Constant(f"XX{value}")
        case bytes(value):
            yield ast.Constant(b"XX" + value)


def _comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        if type(op) in COMPARISONS:
            ops = [*node.ops]
            ops[index] = COMPARISONS[type(op)]()
            yield ast.Compare(left=node.left, ops=ops, comparators=node.comparators)


def _without_one(node: ast.BoolOp) -> Iterator[ast.AST]:
    for index in range(len(node.values)):
        yield ast.BoolOp(op=node.op, values=[*node.values[:index], *node.values[index + 1 :]])


def _comprehensions(node: ast.comprehension) -> Iterator[ast.AST]:
    for index, test in enumerate(node.ifs):
        # A name that the condition binds is still bound.
        always = ast.BoolOp(op=ast.Or(), values=[test, ast.Constant(True)])
        ifs = [*node.ifs[:index], always, *node.ifs[index + 1 :]]
        yield ast.comprehension(target=node.target, iter=node.iter, ifs=ifs, is_async=0)


def _cases(node: ast.match_case) -> Iterator[ast.AST]:
    if node.guard is not None:
        yield ast.match_case(pattern=node.pattern, guard=None, body=node.body)
    if not (isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None):
        yield ast.match_case(pattern=node.pattern, guard=ast.Constant(False), body=node.body)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    if _is_field(node):
        return
    if isinstance(node.func, ast.Name) and node.func.id in NAMES:
        new = ast.Name(id=NAMES[node.func.id], ctx=ast.Load())
        yield ast.Call(func=new, args=node.args, keywords=node.keywords)
    for index, argument in enumerate(node.args):
        if not isinstance(argument, ast.Constant | ast.Starred | ast.GeneratorExp):
            args = [*node.args[:index], ast.Constant(None), *node.args[index + 1 :]]
            yield ast.Call(func=node.func, args=args, keywords=node.keywords)
    for index in range(len(node.keywords)):
        rest = [*node.keywords[:index], *node.keywords[index + 1 :]]
        yield ast.Call(func=node.func, args=node.args, keywords=rest)


def _is_field(node: ast.expr) -> bool:
    """Tell what makes the default of a dataclass anew each time: no default is there to change."""
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "field"
    )


def _assignments(node: ast.Assign | ast.AnnAssign) -> Iterator[ast.AST]:
    if node.value is None or isinstance(node.value, ast.Constant) or _is_field(node.value):
        return
    none = ast.Constant(None)
    if isinstance(node, ast.AnnAssign):
        # With its annotation, without which it is no field.
        yield ast.AnnAssign(node.target, node.annotation, none, node.simple)
    elif not isinstance(node.targets[0], ast.Tuple):
        line = node.lineno
        yield ast.Assign(targets=node.targets, value=none, lineno=line, end_lineno=line)


def _nothing(value: ast.expr) -> ast.stmt:
    """Leave out a statement; what yields stays a generator."""
    if isinstance(value, ast.Call):
        return ast.Pass()
    empty = ast.Tuple(elts=[], ctx=ast.Load())
    return ast.Expr(value=ast.YieldFrom(value=empty))


def _not(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(op=ast.Not(), operand=test)


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)
