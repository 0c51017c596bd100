"""The website as it is built, opened from the file system in a real browser: `make chromium` installs one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts import website

pytestmark = pytest.mark.xdist_group("website")

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
WIDE, PHONE = (1280, 900), (390, 800)
#: Pages of every kind.
SHOWN = [
    "index.html",
    "to_pytorch.html",
    "to_keras.html",
    "guides/index.html",
    "reference/index.html",
    "reference/limits.html",
    "reference/training.html",
    "reference/layers/Conv2D.html",
    "how-to/check.html",
    "notebooks/global_average_pooling.html",
    "side_by_side.html",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made strictly: a link to a page that is not there fails."""
    folder = tmp_path_factory.mktemp("website")
    return website.build(folder / "source")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("there is no Chromium: `make chromium` installs Debian's")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, built: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page; afterwards no page may have complained, or have asked another host for anything."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    context.on("request", lambda r: r.url.startswith(("http:", "https:")) and complaints.append(f"asks for {r.url}"))
    context.on("console", lambda m: m.type in ("error", "warning") and complaints.append(m.text))
    context.on("weberror", lambda e: complaints.append(str(e.error)))

    def opened(path: str, size: tuple[int, int] = WIDE) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto((built / path).as_uri())
        return page

    yield opened
    context.close()
    assert not complaints


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", SHOWN)
def test_pages_fit_their_window(visit: Callable[..., Page], path: str, size: tuple[int, int]) -> None:
    page = visit(path, size)
    assert page.locator("h1").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("GAP layer", "GlobalAveragePooling2D"),
        ("nn.Linear", "Dense"),
        ("xavier", "GlorotUniform"),
        ("depthwise", "DepthwiseConv2D"),
    ],
)
def test_search_finds(visit: Callable[..., Page], words: str, title: str) -> None:
    page = visit("index.html")
    results = searched(page, words)
    assert title in [text.split("\n")[0] for text in results[:3]], results[:5]


def test_search_by_keyboard_alone(visit: Callable[..., Page]) -> None:
    page = visit("index.html")
    box = page.get_by_role("combobox", name="Search")
    for _ in range(100):  # until the page listens
        page.keyboard.press("/")
        if box.is_visible():
            break
        page.wait_for_timeout(100)
    page.wait_for_function("document.activeElement.shadowRoot?.activeElement?.tagName === 'INPUT'")
    page.keyboard.insert_text("SeparableConv2D")
    first = page.get_by_role("listbox", name="Search results").locator("> *").first
    expect(first).to_contain_text("SeparableConv2D", timeout=30_000)  # what the first letters find goes before it
    page.keyboard.press("Enter")
    page.wait_for_url("**/SeparableConv2D.html*")


def searched(page: Page, words: str) -> list[str]:
    """The texts of what is found."""
    page.locator(".md-search__button").click()
    page.get_by_role("combobox", name="Search").fill(words)
    return found(page)


def found(page: Page) -> list[str]:
    """The texts of the results, once there are some."""
    results = page.get_by_role("listbox", name="Search results").locator("> *")
    results.first.wait_for()
    return results.all_inner_texts()


def test_the_chosen_side_stays_chosen_on_other_pages(visit: Callable[..., Page]) -> None:
    page = visit("reference/layers/Dense.html")
    page.get_by_text("PyTorch", exact=True).locator("visible=true").first.click()
    other = visit("reference/layers/Conv2D.html")
    assert other.locator(".tabbed-block:visible").first.inner_text().strip().startswith(("nn.", "class", "import"))


def test_links_lead_on(visit: Callable[..., Page]) -> None:
    page = visit("to_pytorch.html")
    page.get_by_role("link", name="keras.layers.Dropout", exact=True).click()
    assert page.locator("h1").first.inner_text().startswith("Dropout")


def test_light_and_dark(visit: Callable[..., Page]) -> None:
    page = visit("index.html")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("label[title=Dark]").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
