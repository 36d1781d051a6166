// The editor of a sub-flow: blocks and their buttons are added, moved, duplicated, taken away and brought back in place.
// Their order in the page is their order in the form; without this script people write numbers.
document.addEventListener("DOMContentLoaded", () => {
    "use strict";
    const editor = document.querySelector("[data-editor]");
    if (!editor) return;
    const list = editor.querySelector("[data-block-list]");
    const menu = editor.querySelector("[data-add-menu]");
    const news = editor.querySelector("[data-news]");
    const blocks = () => Array.from(list.querySelectorAll(":scope > [data-block]"));
    const typeOf = (block) => block.querySelector("[data-type]");
    const changed = () => editor.dispatchEvent(new CustomEvent("editor:changed", { bubbles: true }));
    const say = (words) => { news.textContent = words; };

    const freeNumber = (rows, pattern) => rows.reduce((most, row) => {
        const found = row.querySelector("[name]").name.match(pattern);
        return found ? Math.max(most, Number(found[1]) + 1) : most;
    }, 0);
    const freePrefix = () => `blocks-${freeNumber(blocks(), /^blocks-(\d+)-/)}`;
    const made = (pattern, from, to) => {
        const holder = document.createElement("template");
        holder.innerHTML = editor.querySelector(pattern).innerHTML.replaceAll(from, to);
        return holder.content.firstElementChild;
    };

    const addTap = (block, { focus = true } = {}) => {
        const holder = block.querySelector("[data-taps]");
        const rows = Array.from(holder.children).filter((row) => row.matches("[data-tap]"));
        const tap = made("[data-tap-pattern]", "__tap__", `${block.dataset.prefix}-taps-${freeNumber(rows, /-taps-(\d+)-/)}`);
        if (typeOf(block).value === "quick_replies") tap.querySelector("[data-does]").value = "payload";
        holder.append(tap);
        tap.dispatchEvent(new CustomEvent("editor:added", { bubbles: true }));
        if (focus) tap.querySelector("[name$=-label]").focus();
        changed();
    };

    const firstField = (block) => Array.from(block.querySelectorAll(".block-body :is(input, textarea, select)")).find((field) => field.offsetParent);

    // The empty text that a new sub-flow begins with, while nobody wrote in it.
    const untouched = () => blocks().find((block) => !block.querySelector(":scope > [name$=-added]") && !block.querySelector(":scope > [name$=-stored]").value
        && typeOf(block).value === "text" && !block.querySelector("textarea").value);

    const addBlock = (type, before = null) => {
        const block = made("[data-block-pattern]", "__block__", freePrefix());
        typeOf(block).value = type;
        if (before) before.before(block);
        else list.append(block);
        untouched()?.remove();
        block.dispatchEvent(new CustomEvent("editor:added", { bubbles: true }));
        if (type === "buttons" || type === "quick_replies") addTap(block, { focus: false });
        if (type === "pause") block.querySelector("[name$=-seconds]").value = "3";
        firstField(block)?.focus();
        say(news.dataset.added);
        changed();
    };

    const renamed = (block, from, to) => {
        for (const element of [block, ...block.querySelectorAll("*")]) {
            for (const { name, value } of Array.from(element.attributes)) {
                if (["name", "id", "for", "data-prefix", "data-notes", "aria-describedby"].includes(name) && `${value}-`.startsWith(`${from}-`)) {
                    element.setAttribute(name, to + value.slice(from.length));
                }
            }
        }
    };

    const duplicate = (block) => {
        const copy = block.cloneNode(true);
        const fields = (row) => row.querySelectorAll("input, select, textarea");
        const originals = Array.from(fields(block));
        Array.from(fields(copy)).forEach((field, index) => { field.value = originals[index].value; });
        renamed(copy, block.dataset.prefix, freePrefix());
        copy.querySelectorAll("[data-problem]").forEach((problem) => problem.remove());
        block.after(copy);
        copy.scrollIntoView({ block: "nearest" });
        firstField(copy)?.focus();
        say(news.dataset.added);
        changed();
    };

    const move = (row, by, { keeps = document.activeElement } = {}) => {
        const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
        if (!other || !other.matches("[data-block], [data-tap]")) return;
        other[by < 0 ? "before" : "after"](row);
        keeps?.focus();
        row.scrollIntoView({ block: "nearest" });
        const place = Array.from(row.parentElement.children).filter((one) => one.matches("[data-block], [data-tap]")).indexOf(row) + 1;
        say(`${news.dataset.moved} ${place}`);
        changed();
    };

    const remove = (row, gone) => {
        row.querySelector("[data-delete]").checked = gone;
        say(gone ? news.dataset.removed : news.dataset.back);
        if (gone) row.querySelector("[data-undo]").focus();
        else (firstField(row) ?? row.querySelector("input, select"))?.focus();
        changed();
    };

    // The menu at the end is lent to the plus between two blocks.
    const home = document.createComment("menu");
    menu.after(home);
    const closeMenu = () => {
        const opener = editor.querySelector("[data-add-here][aria-expanded=true]");
        opener?.setAttribute("aria-expanded", "false");
        home.before(menu);
        return opener;
    };
    const openMenu = (opener) => {
        const isOpen = opener.getAttribute("aria-expanded") === "true";
        closeMenu();
        if (isOpen) return;
        opener.setAttribute("aria-expanded", "true");
        opener.after(menu);
        menu.querySelector("button").focus();
    };

    editor.addEventListener("click", (event) => {
        const on = (selector) => event.target.closest(selector);
        const row = on("[data-tap]") ?? on("[data-block]");
        if (on("[data-add-type]")) {
            const before = menu.parentElement.closest("[data-block]");
            closeMenu();
            addBlock(on("[data-add-type]").dataset.addType, before);
        } else if (on("[data-add-here]")) openMenu(on("[data-add-here]"));
        else if (on("[data-add-tap]")) {
            if (on("[data-add-tap]").dataset.becomes) typeOf(row).value = on("[data-add-tap]").dataset.becomes;
            addTap(on("[data-block]"));
        } else if (on("[data-up], [data-tap-up]")) move(row, -1);
        else if (on("[data-down], [data-tap-down]")) move(row, 1);
        else if (on("[data-copy]")) duplicate(row);
        else if (on("[data-undo]")) remove(row, false);
        if (!on("[data-add-here]") && !on("[data-add-menu]")) closeMenu();
    });
    editor.addEventListener("change", (event) => {
        if (event.target.matches("[data-delete]")) remove(event.target.closest("[data-tap], [data-block]"), event.target.checked);
        if (event.target.matches("[data-type]")) {
            const block = event.target.closest("[data-block]");
            const hasTaps = ["buttons", "quick_replies"].includes(event.target.value);
            if (hasTaps && !block.querySelector("[data-tap]")) addTap(block, { focus: false });
            changed();
        }
    });
    editor.addEventListener("keydown", (event) => {
        if (event.key === "Escape") closeMenu()?.focus();
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        const row = event.target.closest("[data-tap]") ?? event.target.closest("[data-block]");
        if (!event.altKey || !by || !row) return;
        event.preventDefault();
        move(row, by);
    });

    // A block is dragged by its handle only, so that the text in it can still be selected.
    let held = null;
    list.addEventListener("pointerdown", (event) => {
        const handle = event.target.closest("[data-handle]");
        if (!handle) return;
        held = handle.closest("[data-block]");
        held.classList.add("is-dragged");
        handle.setPointerCapture(event.pointerId);
        event.preventDefault();
    });
    list.addEventListener("pointermove", (event) => {
        if (!held) return;
        const edge = 60;
        if (event.clientY < edge) window.scrollBy(0, -12);
        else if (event.clientY > window.innerHeight - edge) window.scrollBy(0, 12);
        for (const block of blocks()) {
            const box = block.getBoundingClientRect();
            if (block === held || event.clientY < box.top || event.clientY > box.bottom) continue;
            const goesBefore = event.clientY < box.top + box.height / 2;
            if ((goesBefore ? block.previousElementSibling : block.nextElementSibling) !== held) block[goesBefore ? "before" : "after"](held);
        }
    });
    const drop = () => {
        if (!held) return;
        held.classList.remove("is-dragged");
        say(`${news.dataset.moved} ${blocks().indexOf(held) + 1}`);
        held = null;
        changed();
    };
    list.addEventListener("pointerup", drop);
    list.addEventListener("pointercancel", drop);

    // What a block's type has no use for is not sent; the order of the page counts, not the numbers for those without a script.
    const isSent = (field) => {
        if (field.name.endsWith("-place")) return false;
        if (field.type === "hidden" || field.matches("[data-type], [data-delete]")) return true;
        if (field.closest("[data-block]")?.querySelector(":scope > .block-head [data-delete]").checked) return false;
        for (let part = field; part && part !== list; part = part.parentElement) {
            if (part.matches("[data-for], [data-does-for]") && getComputedStyle(part).display === "none") return false;
        }
        return true;
    };
    editor.closest("form").addEventListener("formdata", (event) => {
        for (const field of list.querySelectorAll("[name]")) {
            if (!isSent(field)) event.formData.delete(field.name);
        }
    });
    editor.classList.add("has-script");
    // What could not be saved is looked at first; while the theme still hides the page, nothing can have the focus.
    window.addEventListener("load", () => {
        const problem = editor.querySelector("[data-block-list] [data-problem]");
        if (!problem) return;
        const holder = problem.closest("[data-tap]") ?? problem.closest("[data-block]");
        (holder.querySelector("[aria-invalid=true]") ?? holder.querySelector("textarea, input:not([type=hidden])"))?.focus();
        problem.scrollIntoView({ block: "center" });
    });
});
