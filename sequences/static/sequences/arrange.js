// The cards of a sequence's messages: added, duplicated, put away, reordered by dragging, menu or keys, and folded.
// The form's own numbers carry the order to the server. Dragging is SortableJS (static/vendor/sortable.js, MIT).
(() => {
    "use strict";
    const rowsOf = (group) => Array.from(group.querySelectorAll("[data-row-list] > [data-row]"));
    const isAlive = (row) => !row.querySelector("[data-row-delete]")?.checked;
    const suffix = (name) => name.replace(/^.*?-(?:\d+|__prefix__)-/, "");

    const say = (group, what, row) => {
        const news = group.querySelector("[data-row-news]");
        const place = row ? ` ${rowsOf(group).filter(isAlive).indexOf(row) + 1}` : "";
        news.textContent = `${news.dataset[what]}${place}`;
    };
    const tell = (row) => row.dispatchEvent(new CustomEvent("row:arranged", { bubbles: true }));

    const renumber = (group) => {
        const rows = rowsOf(group);
        let place = 0;
        rows.forEach((row) => {
            const counts = isAlive(row);
            if (counts) place += 1;
            row.classList.toggle("is-first", counts && place === 1);
            row.classList.toggle("is-deleted", !counts);
            row.querySelectorAll("[data-row-number]").forEach((number) => { number.textContent = counts ? place : ""; });
            row.querySelector("[data-row-place] input").value = counts ? place : "";
            row.querySelectorAll("[data-row-undo], [data-row-leaves]").forEach((part) => { part.hidden = counts; });
        });
    };

    const reveal = (row) => {
        row.querySelectorAll("[data-row-before], [data-row-handle], [data-fold]").forEach((tool) => { tool.hidden = false; });
    };

    // What the menu of a card offers stands once in the page: fifty menus would be half of what a browser has to lay out.
    const offer = (group, row) => {
        const items = row.querySelector("[data-menu] .menu-items");
        if (!items.querySelector("[data-row-up]")) items.prepend(group.querySelector("[data-menu-template]").content.cloneNode(true));
        items.querySelector("[data-row-up]").disabled = !row.previousElementSibling;
        items.querySelector("[data-row-down]").disabled = !row.nextElementSibling;
    };

    const insert = (group, after, before) => {
        const total = group.querySelector(`[name="${group.dataset.rows}-TOTAL_FORMS"]`);
        const made = document.createElement("div");
        made.innerHTML = group.querySelector("[data-row-template]").innerHTML.replaceAll("__prefix__", total.value);
        const row = made.firstElementChild;
        total.value = Number(total.value) + 1;
        if (before) before.before(row);
        else if (after) after.after(row);
        else group.querySelector("[data-row-list]").append(row);
        reveal(row);
        return row;
    };

    const ready = (group, row, what) => {
        renumber(group);
        row.dispatchEvent(new CustomEvent("row:added", { bubbles: true }));
        tell(row);
        say(group, what, row);
        row.scrollIntoView({ block: "nearest" });
        row.querySelector(".card-body :is(input:not([type=hidden]), select):not([hidden])")?.focus();
        const first = Array.from(row.querySelectorAll(".sentence :is(input, select)")).find((field) => field.offsetParent);
        first?.focus();
    };

    // Its settings, where they are still to come (later_cards.js).
    const want = (row) => row.dispatchEvent(new CustomEvent("card:wanted", { bubbles: true }));

    const copy = (group, row) => {
        want(row);
        const made = insert(group, row);
        const mine = new Map();
        row.querySelectorAll("[name]").forEach((field) => mine.set(`${suffix(field.name)}/${field.type === "checkbox" ? field.value : ""}`, field));
        made.querySelectorAll("[name]").forEach((field) => {
            const name = suffix(field.name);
            if (["id", "place", "DELETE", "is_added", "sequence"].includes(name)) return;
            const source = mine.get(`${name}/${field.type === "checkbox" ? field.value : ""}`);
            if (!source) return;
            if (field.type === "checkbox") field.checked = source.checked;
            else field.value = source.value;
        });
        const name = made.querySelector("[name$='-name']");
        if (name.value) name.value = group.querySelector("[data-row-news]").dataset.copyOf.replace("%s", name.value.slice(0, 85));
        ready(group, made, "copied");
    };

    // Focus stays where it was: moving a card in the document would lose it.
    const move = (group, row, by) => {
        const rows = rowsOf(group);
        const other = rows[rows.indexOf(row) + by];
        if (!other) return;
        const focused = document.activeElement;
        other[by < 0 ? "before" : "after"](row);
        renumber(group);
        if (row.contains(focused)) focused.focus();
        row.scrollIntoView({ block: "nearest" });
        say(group, "moved", row);
        tell(row);
    };

    const fold = (row, isFolded) => {
        if (!isFolded) want(row);
        row.classList.toggle("is-folded", isFolded);
        row.querySelectorAll("[data-fold]").forEach((button) => { button.setAttribute("aria-expanded", String(!isFolded)); });
    };

    const foldMany = (group) => {
        const all = group.querySelector("[data-fold-all]");
        const rows = rowsOf(group);
        const many = window.matchMedia("(max-width: 640px)").matches ? 3 : Number(group.dataset.unfoldedAtMost);
        const wasOpened = (row) => row.classList.contains("has-problems") || row.querySelector("[name$=is_added]")?.value;
        if (rows.length > many) rows.forEach((row) => fold(row, !wasOpened(row)));
        const word = () => { all.textContent = rowsOf(group).some((row) => row.classList.contains("is-folded")) ? all.dataset.unfold : all.dataset.fold; };
        all.hidden = rows.length < 3;
        word();
        all.addEventListener("click", () => {
            const isAnyFolded = rowsOf(group).some((row) => row.classList.contains("is-folded"));
            rowsOf(group).forEach((row) => fold(row, !isAnyFolded));
            word();
        });
        group.addEventListener("click", word);
    };

    const clicked = (group, event) => {
        const row = event.target.closest("[data-row]");
        if (event.target.closest("[data-add-row]")) return ready(group, insert(group), "added");
        if (!row) return;
        const menu = event.target.closest("[data-menu]");
        if (event.target.closest("summary")) return menu && offer(group, row);
        if (event.target.closest("[data-row-up]")) move(group, row, -1);
        else if (event.target.closest("[data-row-down]")) move(group, row, 1);
        else if (event.target.closest("[data-row-before]")) ready(group, insert(group, null, row), "added");
        else if (event.target.closest("[data-row-copy]")) copy(group, row);
        else if (event.target.closest("[data-row-undo]")) {
            const box = row.querySelector("[data-row-delete]");
            box.checked = false;
            box.dispatchEvent(new Event("change", { bubbles: true }));
        } else if (event.target.closest("button[data-fold]")) return fold(row, !row.classList.contains("is-folded"));
        else return;
        if (menu) menu.open = false;
    };

    const pressed = (group, event) => {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        const row = event.target.closest("[data-row-list] > [data-row]");
        if (!step || !row || event.ctrlKey || event.metaKey || event.shiftKey) return;
        const onHandle = event.target.closest("[data-row-handle]");
        // Alt+down opens a chooser by itself.
        if (!onHandle && (!event.altKey || event.target.matches("select"))) return;
        event.preventDefault();
        move(group, row, step);
    };

    const dragged = (group) => {
        const list = group.querySelector("[data-row-list]");
        if (!window.Sortable) return;
        window.Sortable.create(list, {
            handle: "[data-row-handle]",
            draggable: "[data-row]",
            animation: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
            scroll: true,
            forceAutoScrollFallback: true,
            forceFallback: true,
            fallbackTolerance: 3,
            ghostClass: "is-dragged",
            // What hangs under the pointer is a copy of the card: it must not be sent beside it.
            onStart: () => document.querySelectorAll(".sortable-fallback [name]").forEach((field) => field.removeAttribute("name")),
            onEnd: (event) => {
                if (event.oldIndex === event.newIndex) return;
                renumber(group);
                say(group, "moved", event.item);
                tell(event.item);
            },
        });
    };

    const start = (group) => {
        group.classList.add("has-script");
        const isFixed = "fixed" in group.dataset;
        if (isFixed) group.querySelectorAll("[data-fold]").forEach((button) => { button.hidden = false; });
        else {
            rowsOf(group).forEach(reveal);
            group.querySelectorAll("[data-add-row]").forEach((button) => { button.hidden = false; });
            dragged(group);
            renumber(group);
        }
        group.addEventListener("click", (event) => clicked(group, event));
        group.addEventListener("keydown", (event) => { if (!isFixed) pressed(group, event); });
        group.addEventListener("change", (event) => {
            if (!event.target.matches("[data-row-delete]")) return;
            const row = event.target.closest("[data-row]");
            renumber(group);
            say(group, event.target.checked ? "removed" : "restored");
            row.querySelector("[data-menu]").open = false;
            row.querySelector(event.target.checked ? "[data-row-undo]" : "[data-row-handle]")?.focus();
            tell(row);
        });
        foldMany(group);
    };

    // Once the page is shown: what is hidden cannot take the focus.
    const focusOnProblem = () => {
        const broken = document.querySelector("[data-rows] .card.has-problems .row-problem");
        if (!broken) return;
        const card = broken.closest("[data-row]");
        (card.querySelector(`[name$="-${broken.dataset.for}"]`) ?? card.querySelector("[data-row-handle]"))?.focus();
        broken.scrollIntoView({ block: "center" });
    };

    document.querySelectorAll("[data-rows]").forEach(start);
    window.addEventListener("load", focusOnProblem);
})();
