"""What an operator does in the Prefect UI, done in Debian's Chromium; both UIs are known."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from lab.errors import LabError

CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1400, "height": 1000}
PATIENCE_MS = 20_000
QUIET_MS = 5_000  # a page is taken to be loaded then
OPENED_MS = 1_000  # after that a list that did not open is clicked again
TRIES = 8


@dataclass(frozen=True, slots=True)
class Browser:
    """A page of the server at `url`, and where its pictures go."""

    page: Page
    url: str
    pictures: Path

    def sign_in(self, login: str) -> None:
        """Give the name and password that a server asks for, in the first UI."""
        self._open("/runs", "Login")
        self.page.locator("input[type=password]").fill(login)
        self.picture("login")
        self.page.get_by_role("button", name="Login").click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def start_run(self, deployment: str, chosen: dict[str, str], off: str) -> str:
        """Fill in a deployment's form in the first UI and start it; gives the flow run's id."""
        self._open(f"/deployments/deployment/{deployment}/run", "Parameters")
        for label, option in chosen.items():
            self._choose(label, option)
        self._switch_off(off)
        self.picture("form")
        self._submit()
        link = self.page.locator("a[href*='/runs/flow-run/']").first
        address = link.get_attribute("href") or ""
        return address.rpartition("/")[2]

    def approve(self, run: str, name: str) -> None:
        """Answer yes in the resume dialog of the first UI."""
        self._open(f"/runs/flow-run/{run}", "Suspended")
        self.picture("suspended")
        self.page.get_by_role("button", name="Resume").first.click()
        self._choose("Decision", "approve")
        self._field("Your name").locator("textarea, input").first.fill(name)
        self.picture("approval")
        self.page.locator(".p-modal").get_by_role("button", name="Submit").click()
        self.page.locator(".p-modal").wait_for(state="hidden")

    def approve_in_second(self, run: str, name: str) -> None:
        """The same in the second UI, where it stands under the run's menu."""
        page = self.page
        self._open(f"/v2/runs/flow-run/{run}", "Suspended")
        page.get_by_role("button", name="Open menu").last.click()
        page.get_by_role("menuitem", name="Resume").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("reject", exact=True).click()
        page.get_by_role("option", name="approve").click()
        dialog.locator("textarea, input[type=text]").first.fill(name)
        self.picture("approval-in-second")
        dialog.get_by_role("button", name="Resume").or_(
            dialog.get_by_role("button", name="Submit")
        ).last.click()
        dialog.wait_for(state="hidden")

    def reads(self, path: str, text: str, picture: str) -> bool:
        """Whether a page shows that text."""
        try:
            self._open(path, text)
        except PlaywrightTimeout:
            return False
        finally:
            self.picture(picture)
        return True

    def picture(self, name: str) -> None:
        """What the page looks like now, to be looked at."""
        self.pictures.mkdir(exist_ok=True)
        self.page.screenshot(path=self.pictures / f"{name}.png")

    def _open(self, path: str, text: str) -> None:
        """Go to a page and wait until it shows that text; it goes on loading for a while."""
        self.page.goto(self.url + path)
        self.page.get_by_text(text).first.wait_for()
        with contextlib.suppress(PlaywrightTimeout):  # a page that looks for news is never quiet
            self.page.wait_for_load_state("networkidle", timeout=QUIET_MS)

    def _field(self, label: str) -> Locator:
        """The innermost field of that title, in the first UI."""
        title = self.page.locator(".schema-form-property__label", has_text=label)
        return self.page.locator(".schema-form-property").filter(has=title).last

    def _submit(self) -> None:
        """Leave the form; a click may only close a list that is still open."""
        for _ in range(TRIES):
            self.page.get_by_role("button", name="Submit").click()
            try:
                self.page.wait_for_url(lambda url: not url.endswith("/run"), timeout=QUIET_MS)
            except PlaywrightTimeout:
                self.picture("form-that-stays")
                continue
            return
        raise LabError("the form cannot be submitted: see form-that-stays.png")

    def _switch_off(self, label: str) -> None:
        """Turn a switch off, in the first UI; a click may only close a list that is still open."""
        switch = self._field(label).locator("[role=switch]")
        off = self._field(label).locator("[role=switch][aria-checked=false]")
        for _ in range(TRIES):
            switch.click()
            try:
                off.wait_for(timeout=OPENED_MS)
            except PlaywrightTimeout:
                continue
            return
        raise LabError(f"the switch {label!r} of the form cannot be turned off")

    def _choose(self, label: str, option: str) -> None:
        """Choose from a list, in the first UI; a page that just loaded may not open it at once."""
        wanted = self.page.locator(".p-select-option", has_text=option).first
        for _ in range(TRIES):
            self._field(label).locator(".p-select-button__icon").click(force=True)
            try:
                wanted.wait_for(timeout=OPENED_MS)
            except PlaywrightTimeout:
                continue
            wanted.click()
            self.page.keyboard.press("Escape")
            return
        raise LabError(f"the list {label!r} of the form offers no {option!r}")


@contextmanager
def browser(url: str, pictures: Path) -> Iterator[Browser]:
    """Chromium without a window, at the UI of that server."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport=SIZE)  # type: ignore[arg-type] # a plain dict will do
        page.set_default_timeout(PATIENCE_MS)
        try:
            yield Browser(page, url, pictures)
        except PlaywrightError as error:
            raise LabError(f"in Chromium: {error}") from error
        finally:
            chromium.close()
