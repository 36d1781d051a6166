"""What is looked at on an open page: barriers, width, texts, and what the browser complains of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

# Texts that people meet: what stands on the page, and what is said or shown about its parts. Not the names of icons,
# and not what is marked as being in a language of its own or as being code.
TEXTS = """() => {
    const skipped = '.material-symbols-outlined, script, style, code, noscript, [translate=no], [lang]:not(html)';
    const found = new Set();
    const add = (text) => {
        const trimmed = (text || '').trim().replace(/\\s+/g, ' ');
        if (trimmed) found.add(trimmed);
    };
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        if (!walker.currentNode.parentElement.closest(skipped)) add(walker.currentNode.data);
    }
    const kept = [...document.querySelectorAll('template')].flatMap((one) => [...one.content.querySelectorAll('*')]);
    kept.filter((element) => !element.closest(skipped)).forEach((element) => {
        element.childNodes.forEach((node) => { if (node.nodeType === Node.TEXT_NODE) add(node.data); });
    });
    for (const name of ['title', 'alt', 'placeholder', 'aria-label', 'data-label']) {
        document.querySelectorAll(`[${name}]`).forEach((element) => {
            if (!element.closest(skipped)) add(element.getAttribute(name));
        });
    }
    return [...found];
}"""
# Wider than the window: where one would have to scroll sideways, and what sticks out first.
OVERFLOW = """() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return '';
    const sticksOut = (one) => one.getBoundingClientRect().right > width + 1;
    const first = [...document.body.querySelectorAll('*')].find(sticksOut);
    return `${document.documentElement.scrollWidth} px: ${first ? first.outerHTML.slice(0, 160) : '?'}`;
}"""
# What another window size and another theme can change; the rest was looked at once.
OF_THE_LOOK = ["color-contrast", "target-size", "button-name", "link-name", "scrollable-region-focusable", "label"]
BARRIERS = """async (rules) => {
    const chosen = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};
    const found = await axe.run(document, {resultTypes: ['violations'], ...chosen});
    return found.violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) =>
        `${one.id}: ${one.nodes.length} x ${one.nodes[0].target} ${one.nodes[0].html.slice(0, 220)} `
        + `${(one.nodes[0].any[0] || one.nodes[0].all[0] || one.nodes[0].none[0] || {}).message || ''}`);
}"""
REPORT_VIOLATIONS = """addEventListener('securitypolicyviolation',
    (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"""


@dataclass
class Complaints:
    """What went wrong while pages were open: errors in the console, and requests that left the house."""

    home: str
    told: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda entry: self.told.append(entry.text) if entry.type == "error" else None)
        context.on("weberror", lambda problem: self.told.append(str(problem.error)))
        context.on("request", lambda request: self._check(request.url))

    def _check(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.told.append(f"a request to {url}")

    def taken(self) -> list[str]:
        """What was told since the last time."""
        told, self.told = self.told, []
        return told


def texts(page: Page) -> set[str]:
    return set(page.evaluate(TEXTS))


def overflow(page: Page) -> list[str]:
    wider = page.evaluate(OVERFLOW)
    return [f"wider than the window, {wider}"] if wider else []


def barriers(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe calls serious or critical, by these rules or by all of them."""
    page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(BARRIERS, list(rules)))


def set_theme(context: BrowserContext, theme: str) -> None:
    context.add_init_script(
        f"try {{ localStorage.setItem('adminTheme', {json.dumps(json.dumps(theme))}) }} catch {{ /* no page yet */ }}"
    )


def untranslated(english: Iterable[str], french: Iterable[str]) -> set[str]:
    """Texts with at least two letters in a row that are the same on both pages."""
    return {text for text in set(english) & set(french) if re.search(r"[^\W\d_]{2}", text)}
