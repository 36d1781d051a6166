// The card of a message shows only what its choices need; without this script everything is shown.
(() => {
    "use strict";
    const fit = (card) => {
        const sending = card.querySelector("[data-sending] select");
        const unit = card.querySelector("[data-unit] select");
        card.querySelector("[data-hours]").hidden = sending.value !== "between";
        card.querySelectorAll("[data-amount]").forEach((part) => { part.hidden = unit.value === "immediately"; });
        card.classList.toggle("is-immediate", unit.value === "immediately");
        card.classList.toggle("is-off", !card.querySelector("[data-switch]").checked);
    };

    const preview = async (card) => {
        const content = card.querySelector("[data-content]");
        const chosen = content.querySelector("select").value;
        const link = content.querySelector("[data-edit-sub-flow]");
        const shown = content.querySelector("[data-preview]");
        link.hidden = !chosen;
        shown.replaceChildren();
        if (!chosen) return;
        const address = content.dataset.previewAddress.replace("/0/", `/${encodeURIComponent(chosen)}/`);
        link.href = address.replace(/preview\/$/, "change/");
        const answer = await fetch(address, { redirect: "error" });
        // The server's own, escaped HTML; somebody may have chosen another one meanwhile.
        if (answer.ok && content.querySelector("select").value === chosen) shown.innerHTML = await answer.text();
    };

    const start = () => {
        const group = document.querySelector("[data-rows]");
        if (!group) return;
        const cards = () => group.querySelectorAll("[data-row-list] > [data-row]");
        cards().forEach((card) => {
            fit(card);
            const select = card.querySelector("[data-content] select");
            if (select.value && !card.querySelector("[data-preview] .said")) preview(card);
        });
        group.addEventListener("row:added", (event) => fit(event.target));
        group.addEventListener("change", (event) => {
            const card = event.target.closest("[data-row]");
            if (!card) return;
            if (event.target.closest("[data-unit]") && event.target.value !== "immediately") {
                const amount = card.querySelector("[data-amount] input");
                if (amount.value === "0" || amount.value === "") amount.value = "1";
            }
            fit(card);
            if (event.target.matches("[data-content] select")) preview(card);
        });
    };
    document.addEventListener("DOMContentLoaded", start);
})();
