"""Editable installs: let `pitboard.contract` and its siblings be found at the top of the tree."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDERS = ("contract", "broker", "publisher", "bridge", "dashboard")


class LinkFolders(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, _build_data: dict[str, Any]) -> None:
        if version != "editable":
            return
        package = Path(self.root, "pitboard")
        for folder in FOLDERS:
            link = package / folder
            if not link.exists():
                link.symlink_to(Path("..", folder), target_is_directory=True)
