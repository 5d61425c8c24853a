"""Load a function's handler as Lambda does: a module alone in a folder that is no package."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

FUNCTIONS = Path(__file__).parents[3] / "functions"


def handler(function: str) -> ModuleType:
    spec = spec_from_file_location(f"{function}_handler", FUNCTIONS / function / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
