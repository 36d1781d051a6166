// The card of a message shows only what its choices need, and says in a line what it does when it is folded.
// Without this script everything is shown.
(() => {
    "use strict";
    const textOf = (select) => select.selectedOptions[0]?.textContent.trim() ?? "";

    // "1 hour", where the chooser says "hours".
    const countdown = (card, amount, unit) => {
        const one = card.closest("[data-rows]").getAttribute(`data-one-of-${unit.value}`);
        return `${amount} ${amount === "1" && one ? one : textOf(unit)}`;
    };

    const gist = (card) => {
        const field = (name) => card.querySelector(`[name$="-${name}"]`);
        const unit = field("delay_unit");
        const wait = unit.value === "immediately" ? textOf(unit) : countdown(card, field("delay_amount").value, unit);
        const boxes = Array.from(card.querySelectorAll(".day input"));
        const days = boxes.every((box) => box.checked) ? "" : boxes.filter((box) => box.checked).map((box) => box.nextElementSibling.textContent).join(" ");
        const hours = field("sending").value === "between" ? `${field("window_start").value}–${field("window_end").value}` : "";
        const flow = field("sub_flow").value ? `→ ${textOf(field("sub_flow"))}` : "";
        card.querySelector("[data-gist]").textContent = [wait, hours, days, flow].filter(Boolean).join(" · ");
    };

    const fit = (card) => {
        card.classList.toggle("is-off", !card.querySelector("[data-switch]").checked);
        card.querySelector("[data-gist]").hidden = false;
        // Its settings are still to come (later_cards.js); until then its gist is the server's.
        if (!card.querySelector("[data-card-body]")) return;
        const sending = card.querySelector("[data-sending] select");
        const unit = card.querySelector("[data-unit] select");
        card.querySelector("[data-hours]").hidden = sending.value !== "between";
        card.querySelectorAll("[data-amount]").forEach((part) => { part.hidden = unit.value === "immediately"; });
        card.classList.toggle("is-immediate", unit.value === "immediately");
        gist(card);
    };

    const preview = async (card) => {
        const content = card.querySelector("[data-content]");
        const chosen = content.querySelector("select").value;
        const link = content.querySelector("[data-edit-sub-flow]");
        const shown = content.querySelector("[data-preview]");
        link.hidden = !chosen;
        if (!chosen) return shown.replaceChildren();
        const address = content.dataset.previewAddress.replace("/0/", `/${encodeURIComponent(chosen)}/`);
        link.href = address.replace(/preview\/$/, "change/");
        const answer = await fetch(address, { redirect: "error" });
        // The server's own, escaped HTML; somebody may have chosen another one meanwhile.
        if (answer.ok && content.querySelector("select").value === chosen) shown.innerHTML = await answer.text();
    };

    // A long list of sub-flows stands once in the page, in the empty card; a card takes it when somebody opens its own.
    const fill = (group, select) => {
        const source = group.querySelector("[data-row-template]")?.content.querySelector("[data-content] select");
        if (!source || !("shortList" in select.dataset)) return;
        delete select.dataset.shortList;
        const chosen = select.value;
        const kept = select.selectedOptions[0].cloneNode(true);
        select.replaceChildren(...Array.from(source.options, (option) => option.cloneNode(true)));
        if (!Array.from(select.options).some((option) => option.value === chosen)) select.append(kept);
        select.value = chosen;
    };

    // Channel settings show where a channel in use has them: of the ticked ones, else of all.
    const channels = (roots) => {
        const boxes = Array.from(document.querySelectorAll(".for-channels [name=channels]"));
        const ticked = boxes.filter((box) => box.checked);
        const used = ticked.length ? ticked : boxes;
        if (!boxes.length) return;
        const has = (what) => used.some((box) => what in box.dataset);
        const labels = [...new Set(used.map((box) => box.dataset.label))].join(", ");
        roots.forEach((root) => {
            root.querySelectorAll("[data-for-window]").forEach((part) => { part.hidden = !has("replyWindow"); });
            root.querySelectorAll("[data-for-silent]").forEach((part) => { part.hidden = !has("silent"); });
            root.querySelectorAll("[data-channel-line]").forEach((part) => { part.hidden = !has("replyWindow") && !has("silent"); });
            root.querySelectorAll("[data-channel-label]").forEach((part) => { part.textContent = labels; });
        });
    };

    const settings = (fold, group) => {
        const words = Array.from(fold.querySelectorAll("[data-on]"), (box) => (box.checked ? box.dataset.on : box.dataset.off));
        const field = fold.querySelector(".for-channels");
        if (field) {
            const named = Array.from(field.querySelectorAll("input:checked"), (box) => box.parentElement.querySelector("[data-channel-name]").textContent);
            words.push(named.join(", ") || field.dataset.none);
        }
        fold.querySelector("[data-settings-words]").textContent = words.join(" · ");
        const template = group.querySelector("[data-row-template]");
        channels([group, ...(template ? [template.content] : [])]);
    };

    const start = () => {
        const group = document.querySelector("[data-rows]");
        if (!group) return;
        const cards = () => group.querySelectorAll("[data-row-list] > [data-row]");
        cards().forEach(fit);
        group.addEventListener("card:whole", (event) => {
            fit(event.target);
            channels([event.target]);
        });
        group.addEventListener("row:added", (event) => {
            fit(event.target);
            preview(event.target);
        });
        for (const kind of ["pointerdown", "focusin", "keydown"]) {
            group.addEventListener(kind, (event) => { if (event.target.matches("select[data-short-list]")) fill(group, event.target); });
        }
        group.addEventListener("input", (event) => {
            const card = event.target.closest("[data-card-body]")?.parentElement;
            if (card) gist(card);
        });
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
        group.addEventListener("sub-flow:changed", (event) => preview(event.target.closest("[data-row]")));
        const fold = document.querySelector("[data-settings]");
        fold?.addEventListener("change", () => settings(fold, group));
        if (fold) settings(fold, group);
        // The name is as wide as it is long, so that state and numbers stand beside it.
        const title = document.querySelector("[data-grow] input");
        title?.addEventListener("input", () => { title.parentElement.dataset.grow = title.value; });
        const state = document.querySelector("[data-state]");
        state?.addEventListener("change", () => { state.parentElement.classList.toggle("is-changed", !state.selectedOptions[0].defaultSelected); });
    };
    start();
    // While the theme still hides the page, a browser cannot give the focus where the page asks for it.
    window.addEventListener("load", () => {
        const first = document.querySelector("[data-grow] input[autofocus]");
        if (first && document.activeElement === document.body) first.focus();
    });
})();
