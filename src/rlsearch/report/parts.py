"""Figures, tables and sections of the page are the files of three folders; here they are found."""

from __future__ import annotations

from types import ModuleType

from rlsearch.config import plugin_errors, plugins

HEAD = "summary"
"""The place of the tables that belong to the verdicts, before all sections."""


def in_order(kind: str) -> dict[str, ModuleType]:
    """Return all plugins of a kind ("figures", "tables", "sections") by name, in the order of the page."""
    modules = {name: plugins.load(kind, name) for name in plugins.names(kind)}
    return dict(sorted(modules.items(), key=lambda item: (item[1].ORDER, item[0])))


def in_sections(kind: str) -> dict[str, ModuleType]:
    """Return the same of figures or tables, each of which belongs to a section.

    Raises:
        PluginError: a module names a section that does not exist, so that it would appear on no page.
    """
    modules, sections = in_order(kind), [HEAD, *plugins.names("sections")]
    for name, module in modules.items():
        if module.SECTION not in sections:
            raise plugin_errors.no_section(plugins.find(kind, name).place, module.SECTION, sections)
    return modules
