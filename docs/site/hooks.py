"""The site: what mkdocs (`mkdocs.yml`) calls while it builds the documents and the gallery of the examples."""

from __future__ import annotations

import gallery
import markdown_of
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Headings get the anchors that they have in the repository; the gallery is put into the navigation."""
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")
    assert config.nav is not None
    entry = next(item for item in config.nav if "Gallery" in item)
    entry["Gallery"] = [entry["Gallery"], *gallery.navigation()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The gallery, and the files that documents link to."""
    written = files.documentation_pages()
    linked = {target for file in written for target in markdown_of.outside(file.content_string, file.src_uri)}
    for target in sorted(target for target in linked if gallery.page_of(target) is None):
        place, hidden = markdown_of.shown_at(target), InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, place, content=markdown_of.shown(target), inclusion=hidden))
    for path, content in gallery.pages().items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """One document as Python-Markdown wants it; the front page and programs side by side get the room of the menus."""
    place = page.file.src_uri
    page.meta.setdefault(
        "hide", ["navigation"] if place == "index.md" else ["toc"] if place.startswith("from/") else []
    )
    return markdown_of.page(markdown, page.file.src_uri)
