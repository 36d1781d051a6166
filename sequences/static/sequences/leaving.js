// Whoever leaves a form that they changed is asked first; saving it is no leaving, nor is throwing it away.
(() => {
    "use strict";
    const start = () => {
        const form = document.querySelector("[data-rows]")?.closest("form");
        if (!form) return;
        // What somebody only looks at is nothing to lose.
        const values = () => {
            const data = new FormData(form);
            for (const name of [...data.keys()]) if (name.startsWith("who-") || name === "spread") data.delete(name);
            return new URLSearchParams(data).toString();
        };
        const before = values();
        // What the server showed again with problems was not stored either.
        const isRefused = form.querySelector(".has-problems, .errornote, .errorlist, .confirm") !== null;
        let isSaving = false;
        form.addEventListener("submit", (event) => { if (!event.defaultPrevented) isSaving = true; });
        document.querySelectorAll("[data-discard]").forEach((link) => link.addEventListener("click", () => { isSaving = true; }));
        window.addEventListener("pageshow", () => { isSaving = false; });
        window.addEventListener("beforeunload", (event) => {
            if (!isSaving && (isRefused || values() !== before)) event.preventDefault();
        });
    };
    // After the scripts that number the rows.
    window.addEventListener("load", start);
})();
