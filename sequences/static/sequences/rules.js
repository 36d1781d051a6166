// The name of an event is asked for only where none of the known ones is chosen. Without this script it always is.
(() => {
    "use strict";
    const ANOTHER = "?";
    document.querySelectorAll(".rule").forEach((rule) => {
        const what = rule.querySelector("[name$=-what]");
        const name = rule.querySelector("[data-event-name]");
        const field = name.querySelector("input");
        if (!what.value && field.value) what.value = ANOTHER;
        const fit = () => { name.hidden = what.value !== ANOTHER; };
        what.addEventListener("change", () => {
            fit();
            if (!name.hidden) field.focus();
        });
        fit();
    });
})();
