"""What the site does beyond mkdocs: it holds all that its pages link to, and asks no other host.

A page links to files of the repository as it does for readers there: `../template.yaml`. Each such
file becomes a page of the site, under `repository/`, so that no link leads out of it and the site
is whole without a network. A picture that is drawn in SVG is put into the page itself, where it
follows the colours that the reader has chosen.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
DOCS = "docs"
# Of the site, where a file of the repository outside of docs/ stands.
OUTSIDE = "repository"
LINK = re.compile(r"(\]\()([^)#\s:]+)([)#])")
FENCE = re.compile(r"^ *(```+).*?^ *\1", re.DOTALL | re.MULTILINE)
PICTURE = re.compile(r'<img alt="([^"]*)" src="([^"]+\.svg)"[^>]*>')
LOADED = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(https?:)?//[^>]*>""")
LANGUAGES = {".py": "python", ".yaml": "yaml", ".toml": "toml", ".json": "json", ".service": "ini"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is linked to outside of docs/, and what that links to in its turn."""
    pages = [f"{DOCS}/{file.src_uri}" for file in files.documentation_pages()]
    # Pages of the navigation that no other page may link to.
    pages += [path for path in _named(config.nav) if not path.startswith(f"{DOCS}/")]
    seen = set(pages)
    while pages:
        page = pages.pop()
        if not page.startswith(f"{DOCS}/"):
            files.append(_file(page, config))
        if page.endswith(".md") and (ROOT / page).is_file():
            found = {path for path in _links(page) if not path.startswith(f"{DOCS}/")} - seen
            pages += [path for path in found if (ROOT / path).is_file()]
            seen |= found
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn the links of a page to those of the site."""
    here = page.file.src_uri
    path = _in_repository(here)

    def turned(link: re.Match[str]) -> str:
        target = normpath(join(dirname(path), link[2]))
        if not (ROOT / target).is_file():
            return link[0]  # mkdocs says that it leads nowhere
        return f"{link[1]}{relpath(_in_site(target), dirname(here) or '.')}{link[3]}"

    return LINK.sub(turned, markdown) if path.endswith(".md") else markdown


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Put drawings into the page, under the words that stand for them."""
    folder = ROOT / DOCS / dirname(str(page.file.src_uri))

    def drawn(picture: re.Match[str]) -> str:
        svg = (folder / picture[2]).read_text("utf-8")
        labelled = svg.replace("<svg ", f'<svg role="img" aria-label="{picture[1]}" ', 1)
        # It can be reached by the keyboard, to be moved where it is wider than the screen.
        return f'<span class="drawing" tabindex="0">{labelled}</span>'

    return PICTURE.sub(drawn, html)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Refuse a page that asks another host, and name for screen readers what the theme does not."""
    if found := LOADED.search(output):
        raise PluginError(f"{page.file.src_uri} loads something from another host: {found[0]}")
    return output.replace('role="dialog">', 'role="dialog" aria-label="Search">')


def _named(nav: object) -> Iterator[str]:
    """Give the files of the navigation, as they are called in the repository."""
    if isinstance(nav, dict):
        nav = list(nav.values())
    if isinstance(nav, list):
        for entry in nav:
            yield from _named(entry)
    elif isinstance(nav, str):
        yield _in_repository(nav)


def _links(page: str) -> Iterator[str]:
    text = FENCE.sub("", (ROOT / page).read_text("utf-8"))
    for link in LINK.finditer(text):
        yield normpath(join(dirname(page), link[2]))


def _in_site(path: str) -> str:
    """Say where a file of the repository stands among the site's sources."""
    if path.startswith(f"{DOCS}/"):
        return path.removeprefix(f"{DOCS}/")
    return f"{OUTSIDE}/{path}" if path.endswith(".md") else f"{OUTSIDE}/{path}.md"


def _in_repository(uri: str) -> str:
    """Say which file of the repository a source of the site is."""
    if not uri.startswith(f"{OUTSIDE}/"):
        return f"{DOCS}/{uri}"
    path = uri.removeprefix(f"{OUTSIDE}/")
    return path if (ROOT / path).is_file() else path.removesuffix(".md")


def _file(path: str, config: MkDocsConfig) -> File:
    """Make a page of a file: one of Markdown as it is, another as what it says."""
    source = ROOT / path
    if source.suffix == ".md":
        return File.generated(config, _in_site(path), abs_src_path=str(source))
    language = LANGUAGES.get(source.suffix, "text")
    text = source.read_text("utf-8").rstrip()
    fence = "`" * 8
    content = f"---\ntitle: {path}\nsearch: {{exclude: true}}\nhide: [toc]\n---\n\n# {path}\n\n"
    content += f"{fence}{language}\n{text}\n{fence}\n"
    return File.generated(config, _in_site(path), content=content)
