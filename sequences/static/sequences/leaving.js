// Whoever leaves a form that they changed is asked first; saving it is no leaving, nor is throwing it away.
(() => {
    "use strict";
    const start = () => {
        const form = document.querySelector("[data-rows]")?.closest("form");
        if (!form) return;
        // What somebody only looks at is nothing to lose.
        const pair = (name, value) => JSON.stringify([name, value]);
        const values = () => Array.from(new FormData(form))
            .filter(([name]) => !name.startsWith("who-") && name !== "spread")
            .map(([name, value]) => pair(name, value));
        const inOrder = (pairs) => [...pairs].sort().join();
        const before = values();
        // A card that is opened for the first time brings its settings as they are stored.
        form.addEventListener("card:whole", (event) => {
            const fields = Array.from(event.target.querySelectorAll("[data-card-body] [name]"));
            before.push(...fields.filter((field) => field.type !== "checkbox" || field.checked).map((field) => pair(field.name, field.value)));
        });
        // What the server showed again with problems was not stored either.
        const isRefused = form.querySelector(".has-problems, .errornote, .errorlist, .confirm") !== null;
        let isSaving = false;
        form.addEventListener("submit", (event) => { if (!event.defaultPrevented) isSaving = true; });
        document.querySelectorAll("[data-discard]").forEach((link) => link.addEventListener("click", () => { isSaving = true; }));
        window.addEventListener("pageshow", () => { isSaving = false; });
        window.addEventListener("beforeunload", (event) => {
            if (!isSaving && (isRefused || inOrder(values()) !== inOrder(before))) event.preventDefault();
        });
    };
    // After the scripts that number the rows.
    window.addEventListener("load", start);
})();
