// Repeated rows: add, take away, reorder by dragging or by buttons. The form's own numbers carry the order to the server.
(() => {
    "use strict";
    const rowsOf = (group) => Array.from(group.querySelectorAll("[data-row-list] > [data-row]"));
    const alive = (row) => !row.querySelector("[data-row-delete]")?.checked;
    const say = (group, words) => {
        const news = group.querySelector("[data-row-news]");
        if (news) news.textContent = words;
    };

    const renumber = (group) => {
        let place = 0;
        const last = rowsOf(group).length - 1;
        rowsOf(group).forEach((row, index) => {
            row.querySelectorAll("[data-row-up]").forEach((button) => { button.disabled = index === 0; });
            row.querySelectorAll("[data-row-down]").forEach((button) => { button.disabled = index === last; });
        });
        for (const row of rowsOf(group)) {
            const counts = alive(row);
            if (counts) place += 1;
            row.classList.toggle("is-first", counts && place === 1);
            row.classList.toggle("is-deleted", !counts);
            row.querySelectorAll("[data-row-number]").forEach((number) => { number.textContent = counts ? place : ""; });
            const input = row.querySelector("[data-row-place] input");
            if (input) input.value = counts ? place : "";
        }
    };

    const reveal = (row) => row.querySelectorAll("[data-row-up], [data-row-down], [data-row-handle]").forEach((tool) => { tool.hidden = false; });

    const add = (group) => {
        const total = group.querySelector(`[name="${group.dataset.rows}-TOTAL_FORMS"]`);
        const made = document.createElement("div");
        made.innerHTML = group.querySelector("[data-row-template]").innerHTML.replaceAll("__prefix__", total.value);
        const row = made.firstElementChild;
        total.value = Number(total.value) + 1;
        group.querySelector("[data-row-list]").append(row);
        reveal(row);
        renumber(group);
        row.dispatchEvent(new CustomEvent("row:added", { bubbles: true }));
        row.querySelector("input:not([type=hidden]):not([type=checkbox]), select, textarea")?.focus();
    };

    const move = (group, row, by) => {
        const rows = rowsOf(group);
        const other = rows[rows.indexOf(row) + by];
        if (!other) return;
        other[by < 0 ? "before" : "after"](row);
        renumber(group);
        say(group, `${group.querySelector("[data-row-news]")?.dataset.moved ?? ""} ${rowsOf(group).indexOf(row) + 1}`);
    };

    // A row can be dragged only by its handle, so that text in its fields can still be selected.
    const drag = (group) => {
        let held = null;
        group.addEventListener("pointerdown", (event) => {
            const handle = event.target.closest("[data-row-handle]");
            if (!handle) return;
            held = handle.closest("[data-row]");
            held.classList.add("is-dragged");
            handle.setPointerCapture(event.pointerId);
            event.preventDefault();
        });
        group.addEventListener("pointermove", (event) => {
            if (!held) return;
            for (const row of rowsOf(group)) {
                if (row === held) continue;
                const box = row.getBoundingClientRect();
                if (event.clientY < box.top || event.clientY > box.bottom) continue;
                row[event.clientY < box.top + box.height / 2 ? "before" : "after"](held);
            }
        });
        const drop = () => {
            if (!held) return;
            held.classList.remove("is-dragged");
            held = null;
            renumber(group);
        };
        group.addEventListener("pointerup", drop);
        group.addEventListener("pointercancel", drop);
    };

    const start = (group) => {
        group.classList.add("has-script");
        if (!("fixed" in group.dataset)) {
            rowsOf(group).forEach(reveal);
            group.querySelectorAll("[data-add-row]").forEach((button) => { button.hidden = false; });
            drag(group);
        }
        renumber(group);
        group.addEventListener("click", (event) => {
            const row = event.target.closest("[data-row]");
            if (event.target.closest("[data-add-row]")) add(group);
            else if (event.target.closest("[data-row-up]")) move(group, row, -1);
            else if (event.target.closest("[data-row-down]")) move(group, row, 1);
        });
        group.addEventListener("change", (event) => {
            if (!event.target.matches("[data-row-delete]")) return;
            renumber(group);
            if (event.target.checked) say(group, group.querySelector("[data-row-news]")?.dataset.removed ?? "");
        });
    };

    document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-rows]").forEach(start));
})();
