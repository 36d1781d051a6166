// A sub-flow is made, edited or picked from another tool in a dialog, and one that was made in another tab becomes a choice here on coming back.
(() => {
    "use strict";
    let asked = null;
    // Made or renamed since the page was opened; a card that comes later knows nothing of them.
    const news = [];

    const offer = (select, choice) => {
        const known = Array.from(select.options).find((option) => option.value === choice.id);
        if (known) known.textContent = choice.name;
        else select.add(new Option(choice.name, choice.id));
        return !known;
    };

    const everywhere = (choices, mine) => {
        news.push(...choices);
        const template = document.querySelector("[data-row-template]");
        const others = document.querySelectorAll("[data-row-list] [data-content] select:not([data-short-list])");
        const hidden = template ? template.content.querySelectorAll("[data-content] select") : [];
        [mine, ...others, ...hidden].forEach((select) => choices.forEach((choice) => offer(select, choice)));
    };

    const choose = (content, id) => {
        const select = content.querySelector("select");
        select.value = id;
        select.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const refresh = async () => {
        if (!asked || document.hidden) return;
        const content = asked;
        const address = content.closest("[data-choices-address]").dataset.choicesAddress;
        const answer = await fetch(address, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) return;
        const { choices } = await answer.json();
        const mine = content.querySelector("select");
        const known = new Set(Array.from(document.querySelector("[data-row-template]").content.querySelectorAll("[data-content] option"), (option) => option.value));
        const fresh = choices.filter((choice) => !known.has(choice.id));
        everywhere(fresh, mine);
        if (mine.value) content.dispatchEvent(new CustomEvent("sub-flow:changed", { bubbles: true }));
        else if (fresh.length) choose(content, fresh.reduce((newest, choice) => (Number(choice.id) > Number(newest.id) ? choice : newest)).id);
    };

    const show = (dialog, html) => {
        const body = dialog.querySelector("[data-quick-body]");
        // The server's own, escaped HTML.
        body.innerHTML = html;
        (body.querySelector("[role=alert]")?.parentElement.querySelector("input, textarea") ?? body.querySelector("input:not([type=hidden]), textarea"))?.focus();
    };

    const open = async (dialog, link) => {
        const content = link.closest("[data-content]");
        const id = content.querySelector("select").value;
        const answer = await fetch(link.dataset.quickAddress.replace("/0/", `/${encodeURIComponent(id)}/`), { redirect: "error" });
        if (!answer.ok) return void window.open(link.href, "_blank", "noopener");
        asked = content;
        show(dialog, await answer.text());
        dialog.showModal();
    };

    const save = async (dialog, form, pressed) => {
        const content = asked;
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form, pressed), redirect: "error" });
        if (!(answer.headers.get("Content-Type") ?? "").includes("json")) return show(dialog, await answer.text());
        const made = await answer.json();
        everywhere([made], content.querySelector("select"));
        dialog.close();
        choose(content, made.id);
        content.querySelector("[data-edit-sub-flow]").focus();
    };

    document.addEventListener("click", (event) => {
        const link = event.target.closest("[data-new-sub-flow], [data-edit-sub-flow], [data-elsewhere-sub-flow]");
        const dialog = document.querySelector("[data-quick]");
        if (event.target.closest("[data-quick-close]")) return dialog.close();
        if (!link) return;
        asked = link.closest("[data-content]");
        if (event.ctrlKey || event.metaKey || event.shiftKey || !dialog.showModal) return;
        event.preventDefault();
        open(dialog, link);
    });
    document.addEventListener("submit", (event) => {
        const form = event.target.closest("[data-quick] form");
        if (!form) return;
        event.preventDefault();
        save(form.closest("dialog"), form, event.submitter);
    });
    document.addEventListener("card:whole", (event) => {
        const select = event.target.querySelector("[data-content] select:not([data-short-list])");
        if (select) news.forEach((choice) => offer(select, choice));
    });
    document.addEventListener("visibilitychange", refresh);
    window.addEventListener("focus", refresh);
})();
