// The phone and the notes at the fields, live: the unsaved form is asked about, nothing is stored.
document.addEventListener("DOMContentLoaded", () => {
    "use strict";
    const editor = document.querySelector("[data-editor]");
    if (!editor) return;
    const form = editor.closest("form");
    const phone = editor.querySelector("[data-phone]");
    const trouble = editor.querySelector("[data-preview-trouble]");
    const kind = editor.querySelector("[data-preview-kind]");
    const person = editor.querySelector("[data-preview-person]");
    const people = editor.querySelector("[data-people]");
    const search = editor.querySelector("[data-preview-search]");
    const found = new Map();
    const unreachable = trouble.textContent;
    const PAUSE = 250;
    let contact = "";
    let timer = 0;
    let question = null;

    const show = (notes) => {
        const holders = new Map(Array.from(editor.querySelectorAll("[data-notes]"), (holder) => [holder.dataset.notes, holder]));
        holders.forEach((holder) => holder.replaceChildren());
        for (const note of notes) {
            const holder = holders.get(note.field) ?? holders.get(note.field.replace(/-[a-z]+$/, "-type"));
            const line = document.createElement("span");
            line.className = `is-${note.level}`;
            line.textContent = note.words;
            holder?.append(line);
        }
    };

    const ask = async () => {
        question?.abort();
        question = new AbortController();
        const body = new FormData(form);
        body.set("sub_flow", editor.dataset.subFlow);
        body.set("preview_kind", kind.value);
        body.set("preview_person", person.value === "search" ? contact : person.value);
        try {
            const answer = await fetch(editor.dataset.previewAddress, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error", signal: question.signal });
            trouble.textContent = unreachable;
            const told = answer.ok || answer.status === 422 ? await answer.json() : {};
            if (told.error) trouble.textContent = told.error;
            if (!answer.ok) throw new Error(String(answer.status));
            // The server's own, escaped HTML.
            phone.innerHTML = told.phone;
            show(told.notes);
            trouble.hidden = true;
        } catch (error) {
            if (error.name !== "AbortError") trouble.hidden = false;
        }
    };
    const soon = () => {
        clearTimeout(timer);
        timer = setTimeout(ask, PAUSE);
    };

    const named = (one) => `${one.name} · ${one.channel}`;
    const find = async () => {
        const answer = await fetch(`${editor.dataset.peopleAddress}?q=${encodeURIComponent(search.value)}`, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) return;
        const offers = editor.querySelector("#preview-people");
        offers.replaceChildren();
        for (const one of (await answer.json()).people) {
            found.set(named(one), one.id);
            offers.append(new Option(named(one), named(one)));
        }
    };
    let finding = 0;
    search.addEventListener("input", (event) => {
        event.stopPropagation();
        const chosen = found.get(search.value);
        if (chosen) {
            contact = chosen;
            soon();
            return;
        }
        clearTimeout(finding);
        finding = setTimeout(find, PAUSE);
    });
    search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    person.addEventListener("change", () => {
        people.hidden = person.value !== "search";
        if (!people.hidden) {
            search.focus();
            find();
        }
    });
    editor.addEventListener("input", soon);
    editor.addEventListener("change", soon);
    editor.addEventListener("editor:changed", soon);
    ask();
});
