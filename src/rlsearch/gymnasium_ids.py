"""Environment ids: the space `init-scale` is `rlsearch/InitScale-v0` for `gymnasium.make`, once rlsearch is imported.

`import rlsearch` calls `install`, before or after `import gymnasium`. It must not import gymnasium itself, which costs
every command 0.13 seconds, nor anything of the package: so imports are inside functions here.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

GYMNASIUM = "gymnasium"
NAMESPACE = "rlsearch"
ACRONYMS = {"cnn": "CNN", "nasnet": "NASNet", "metaqnn": "MetaQNN"}


def env_id(space: str) -> str:
    """Return the id of a space's environment.

    The version rises when the same actions no longer give the same observations and rewards.

    >>> env_id("init-scale"), env_id("layered-cnn")
    ('rlsearch/InitScale-v0', 'rlsearch/LayeredCNN-v0')
    """
    words = (ACRONYMS.get(part, part.capitalize()) for part in space.split("-"))
    return f"{NAMESPACE}/{''.join(words)}-v0"


def install() -> None:
    """Register every space of the package with Gymnasium: now if it is loaded, else as soon as it is."""
    if sys.modules.get(GYMNASIUM) is not None:
        _register_or_warn()
    elif WAITING not in sys.meta_path:
        sys.meta_path.insert(0, WAITING)


def register_all() -> None:
    """Register every space of the package; environment and space are imported by `gymnasium.make`.

    A space with an environment of its own has it in the file of its name in `envs/`.
    """
    import gymnasium

    from rlsearch.config import plugins

    for space in plugins.names("spaces"):
        module = space.replace("-", "_")
        own = (plugins.ROOT / "envs" / f"{module}.py").is_file()
        entry = f"rlsearch.envs.{module}:make" if own else "rlsearch.envs.registration:make_space_env"
        if env_id(space) not in gymnasium.registry:
            gymnasium.register(env_id(space), entry_point=entry, kwargs={} if own else {"space": space})


def _register_or_warn() -> None:
    try:
        register_all()
    except Exception as error:  # a broken installation of ours must not take Gymnasium away from others
        text = f"rlsearch could not register its environments with gymnasium: {type(error).__name__}: {error}"
        warnings.warn(text, RuntimeWarning, stacklevel=2)


class AfterGymnasium:
    """A finder of modules that finds gymnasium as the others do, and registers the spaces when it has been imported.

    Looking for gymnasium (`importlib.util.find_spec`) or failing to import it changes nothing; then it waits on.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the specification that the other finders have of gymnasium; None for any other module."""
        if name != GYMNASIUM:
            return None
        others = (finder for finder in list(sys.meta_path) if finder is not self)
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # it is one by its methods
        return spec


WAITING = AfterGymnasium()


class _Loader:
    """Gymnasium's loader, and the registration after it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        if name == "_loader":  # a copy has it not yet
            raise AttributeError(name)
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        """Import gymnasium, with its own loader from now on, then register."""
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        if WAITING in sys.meta_path:
            sys.meta_path.remove(WAITING)
        _register_or_warn()
