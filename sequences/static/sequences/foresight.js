// While somebody edits: the timeline, each card's 24-hour share and the effect of saving, from the form as it stands.
(() => {
    "use strict";
    const PAUSE = 350;

    const start = () => {
        const columns = document.querySelector("[data-foresight]");
        const form = columns?.closest("form");
        if (!form) return;
        const find = (selector) => document.querySelector(selector);
        const timeline = find("[data-timeline]");
        let timer = 0;
        let running = null;
        let last = { asks: false, may_spread: false, effect: "", late: {} };

        const showLate = (line) => {
            const key = line.closest("[data-row]").querySelector("[name$=-place]").name.replace(/-place$/, "");
            line.hidden = !last.late[key];
            line.querySelector("[data-late-words]").textContent = last.late[key] ?? "";
        };

        const show = (answer) => {
            last = answer;
            // The server's own, escaped HTML.
            timeline.innerHTML = answer.timeline;
            document.querySelectorAll("[data-late]").forEach(showLate);
            const effect = find("[data-effect]");
            if (effect && effect.textContent !== answer.effect) effect.textContent = answer.effect;
            const spread = find("[data-spread]");
            if (spread) {
                spread.hidden = !answer.may_spread;
                if (!answer.may_spread) spread.querySelector("select").value = "0";
            }
        };

        const ask = async () => {
            running?.abort();
            const mine = (running = new AbortController());
            timeline.setAttribute("aria-busy", "true");
            try {
                const answer = await fetch(columns.dataset.foresight, { method: "POST", body: new FormData(form), redirect: "error", signal: mine.signal });
                if (answer.ok) show(await answer.json());
            } catch (error) {
                // Asked again meanwhile, or no network: the page is as it was, and saving says what is wrong.
                if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
            } finally {
                if (mine === running) timeline.setAttribute("aria-busy", "false");
            }
        };
        const soon = () => {
            clearTimeout(timer);
            timer = setTimeout(ask, PAUSE);
        };

        const people = async (search) => {
            const chooser = find("[data-who-contact]");
            const answer = await fetch(`${columns.dataset.who}?q=${encodeURIComponent(search.value)}`, { redirect: "error" });
            if (!answer.ok || !search.value.trim()) return;
            const found = (await answer.json()).people;
            chooser.replaceChildren(new Option(chooser.dataset.madeUp, ""), ...found.map((one) => {
                const option = new Option(`${one.name} · ${one.channel}`, one.id);
                option.dataset.wrote = one.wrote;
                return option;
            }));
            if (found.length) chooser.value = found[0].id;
            chooser.dispatchEvent(new Event("change", { bubbles: true }));
        };

        // The rehearsal begins with whom the panel supposes.
        const carryOver = () => {
            const link = columns.querySelector("[data-rehearse]");
            if (!link) return;
            const fields = ["contact", "zone", "wrote", "channel"].map((name) => find(`[name=who-${name}]`));
            link.search = new URLSearchParams(fields.filter(Boolean).map((field) => [field.name, field.value]));
        };

        const fit = () => {
            const isMadeUp = !find("[data-who-contact]").value;
            document.querySelectorAll("[data-who-made-up]").forEach((part) => { part.hidden = !isMadeUp; });
            find("[data-who-at]").hidden = find("[data-who-subscribed]").value !== "at";
            const asItIs = find("[name=who-wrote] option[value='']");
            asItIs.hidden = isMadeUp;
            if (!isMadeUp) asItIs.textContent = find("[data-who-contact]").selectedOptions[0].dataset.wrote;
            if (isMadeUp && find("[name=who-wrote]").value === "") find("[name=who-wrote]").value = "20";
            carryOver();
        };

        let searching = 0;
        form.addEventListener("input", (event) => {
            if (!event.target.matches("[data-who-search]")) return soon();
            clearTimeout(searching);
            searching = setTimeout(() => people(event.target), PAUSE);
        });
        form.addEventListener("change", (event) => {
            if (event.target.matches("[data-who-search]")) return;
            if (event.target.matches("[data-who-contact]")) find("[name=who-wrote]").value = event.target.value ? "" : "20";
            fit();
            soon();
        });
        form.addEventListener("card:whole", (event) => event.target.querySelectorAll("[data-late]").forEach(showLate));
        form.addEventListener("row:arranged", soon);
        form.addEventListener("row:added", soon);
        form.addEventListener("sub-flow:changed", soon);
        // Enter in the search looks for somebody; it saves nothing.
        find("[data-who-search]").addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
        fit();
        // The page comes first.
        document.addEventListener("DOMContentLoaded", ask);

        const dialog = find("[data-confirm]");
        if (!dialog?.showModal) return;
        let button = null;
        form.addEventListener("submit", (event) => {
            if (!last.asks || form.elements.confirmed || event.defaultPrevented) return;
            event.preventDefault();
            button = event.submitter;
            find("[data-confirm-words]").textContent = last.effect;
            find("[data-confirm-spread]").hidden = !last.may_spread;
            find("[data-confirm-over]").value = find("[data-spread] select").value;
            dialog.showModal();
        }, true);
        find("[data-confirm-back]").addEventListener("click", () => dialog.close());
        find("[data-confirm-save]").addEventListener("click", () => {
            find("[data-spread] select").value = find("[data-confirm-over]").value;
            const yes = document.createElement("input");
            Object.assign(yes, { type: "hidden", name: "confirmed", value: "on" });
            form.append(yes);
            dialog.close();
            form.requestSubmit(button);
        });
    };
    start();
})();
