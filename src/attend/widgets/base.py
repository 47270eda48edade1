"""What every widget shares: its bundled ES module, a repr that never changes, a picture for still pages."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from attend import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parent
_STYLE_IMPORT = re.compile(r'^@import "\./(\w+)\.css";\n', re.MULTILINE)
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)


@cache
def load_module(name: str) -> str:
    """Return widget ``name``'s ES module with the sibling modules that it imports written in place.

    Jupyter hands a widget one module as a string, so ``import`` from a neighbour cannot work there. An
    imported file loses its ``export`` words and stands once, before whatever needs it; top-level names
    must therefore differ between the files of one bundle. Raises FileNotFoundError for an unknown name.
    """
    placed: list[str] = []
    seen: set[str] = set()

    def place(module: str) -> None:
        if module in seen:
            return
        seen.add(module)
        source = (FOLDER / f"{module}.js").read_text(encoding="utf-8")
        for needed in _IMPORT.findall(source):
            place(needed)
        source = _IMPORT.sub("", source)
        placed.append(source if module == name else re.sub(r"^export ", "", source, flags=re.MULTILINE))

    place(name)
    return "\n".join(placed)


@cache
def load_css(name: str) -> str:
    """Return the style sheet of widget ``name``: what all widgets share, then its own. No colours are set.

    Where it imports another widget's, because it uses that one's pictures, the rules are written in place.
    """

    def read(file: str) -> str:
        return (FOLDER / f"{file}.css").read_text(encoding="utf-8")

    return read("widget") + "\n" + _STYLE_IMPORT.sub(lambda found: read(found[1]), read(name))


# Of each widget, by its module's name: the files that its module may ask for when it is first used.
FILES: dict[str, dict[str, Path]] = {}


class AttendWidget(anywidget.AnyWidget):
    """A widget whose module, style sheet and name follow from ``module``, given by the subclass.

    ``files`` are those that are too large for every page to carry. The module sends ``{ask: NAME}`` and hears
    ``{file: NAME}`` with the bytes, or ``{missing: NAME}``: from Python here, on a page from its host.
    """

    # The static page's host finds the module by this name.
    _name = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(
        cls, module: str | None = None, files: Mapping[str, Path] | None = None, **kwargs: Any
    ) -> None:
        if module is not None:  # traitlets makes nameless subclasses of its own when traits are added
            cls._esm = load_module(module)
            cls._css = style.css() + load_css(module)
            cls._module_name = module
            FILES[module] = dict(files or {})
        super().__init_subclass__(**kwargs)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.on_msg(self._answer)

    def _set_in_turn(self, traits: Mapping[str, Any], first: str) -> None:
        """Set traits one after the other, ``first`` before the others, which are checked against it.

        Raises TypeError for a name that is no trait, before anything is set.
        """
        if unknown := sorted(set(traits) - set(self.class_traits())):
            raise TypeError(f"{type(self).__name__} has no trait {unknown[0]!r}")
        for name in sorted(traits, key=lambda name: (name != first, name)):
            setattr(self, name, traits[name])

    def _answer(self, widget: AttendWidget, message: Any, buffers: Any) -> None:
        name = message.get("ask") if isinstance(message, dict) else None
        if name is None:
            return
        try:
            content = FILES[self._module_name][name].read_bytes()
        except (KeyError, OSError):
            self.send({"missing": name})
        else:
            self.send({"file": name}, [content])

    @traitlets.default("_name")
    def _default_name(self) -> str:
        return self._module_name

    def describe(self) -> str:
        """Return one sentence that says what the widget shows now; it serves as the picture's alt text."""
        raise NotImplementedError

    def picture(self) -> Figure | None:
        """Return a figure for pages where the widget cannot run (no JavaScript, print), or None."""
        import matplotlib

        with matplotlib.rc_context():
            style.use()
            return self._figure()

    def _figure(self) -> Figure | None:
        """Draw that figure; what the book's style sets is set already."""
        return None

    def fallback_html(self) -> str | None:
        """Return HTML for pages where the widget cannot run, where text says more than a picture."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.describe()}"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data = {**data, "text/plain": repr(self)}
        if (figure := self.picture()) is not None:
            data["image/png"] = _png(figure)
            metadata = {**metadata, "image/png": {"alt": self.describe()}}
        if (html := self.fallback_html()) is not None:
            data["text/html"] = html
        return data, metadata


def _png(figure: Figure) -> bytes:
    import matplotlib.pyplot as plt

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=144)
    plt.close(figure)
    return buffer.getvalue()
