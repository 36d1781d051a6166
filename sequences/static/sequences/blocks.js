// The card of a block shows only the fields of its type; without this script all are shown.
(() => {
    "use strict";
    const MEDIA = ["image", "video", "audio", "file"];
    const fit = (card) => {
        const type = card.querySelector("[data-type] select").value;
        const action = card.querySelector("[data-action] select").value;
        card.querySelectorAll("[data-for]").forEach((part) => {
            const fitsAction = !part.dataset.forAction || part.dataset.forAction.split(" ").includes(action);
            part.hidden = !(part.dataset.for.split(" ").includes(type) && fitsAction);
        });
        const label = card.querySelector("[data-text-label]");
        label.textContent = MEDIA.includes(type) ? label.dataset.caption : label.dataset.text;
    };
    document.addEventListener("DOMContentLoaded", () => {
        const group = document.querySelector("[data-rows]");
        if (!group) return;
        group.querySelectorAll("[data-row-list] > [data-row]").forEach(fit);
        group.addEventListener("row:added", (event) => fit(event.target));
        group.addEventListener("change", (event) => {
            const card = event.target.closest("[data-row]");
            if (card) fit(card);
        });
    });
})();
