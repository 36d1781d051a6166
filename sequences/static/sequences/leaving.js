// Whoever leaves a form that they changed is asked first; saving it is no leaving.
(() => {
    "use strict";
    const start = () => {
        const form = document.querySelector("[data-rows]")?.closest("form");
        if (!form) return;
        const values = () => new URLSearchParams(new FormData(form)).toString();
        const before = values();
        // What the server showed again with problems was not stored either.
        const isRefused = form.querySelector(".has-problems, .errornote, .errorlist") !== null;
        let isSaving = false;
        form.addEventListener("submit", () => { isSaving = true; });
        window.addEventListener("pageshow", () => { isSaving = false; });
        window.addEventListener("beforeunload", (event) => {
            if (!isSaving && (isRefused || values() !== before)) event.preventDefault();
        });
    };
    // After the scripts that number the rows.
    window.addEventListener("load", start);
})();
