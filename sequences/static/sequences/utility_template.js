// Shows the text and the fields of the template that is chosen; without this script all are shown.
(() => {
    "use strict";
    const TYPED = "typed";
    const start = (part) => {
        const choice = part.querySelector("select[name=utility_choice]");
        if (!choice) return;
        const texts = Array.from(part.querySelectorAll("[data-template]"));
        const fields = Array.from(part.querySelectorAll("[data-parameter]"));
        const named = fields.map((field) => field.querySelector("[data-parameter-label]").textContent);
        const typed = part.querySelector("[data-typed-template]");
        const parameters = part.querySelector("[data-template-parameters]");
        const fit = () => {
            const chosen = texts.find((text) => text.dataset.template === choice.value);
            const labels = chosen ? JSON.parse(chosen.dataset.parameters) : [];
            texts.forEach((text) => { text.hidden = text !== chosen; });
            typed.hidden = choice.value !== TYPED;
            fields.forEach((field, index) => {
                const counts = choice.value === TYPED || index < labels.length;
                field.hidden = !counts;
                field.querySelector("input").disabled = !counts;
                field.querySelector("[data-parameter-label]").textContent = labels[index] ?? named[index];
            });
            parameters.hidden = fields.every((field) => field.hidden);
        };
        choice.addEventListener("change", fit);
        fit();
    };
    document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-utility-template]").forEach(start));
})();
