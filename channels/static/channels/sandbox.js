// New bubbles arrive without a reload; without this script the page's forms work by themselves.
(() => {
    "use strict";
    const list = document.getElementById("bubbles");
    if (!list) return;
    const trouble = document.getElementById("chat-trouble");
    const EVERY = 1000;

    const numbers = () => Array.from(list.querySelectorAll("[data-id]"), (bubble) => Number(bubble.dataset.id));
    const toTheEnd = () => { list.scrollTop = list.scrollHeight; };
    const isAtTheEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 80;

    const show = (messages) => {
        const known = new Set(numbers());
        const stays = !isAtTheEnd();
        let added = false;
        for (const message of messages) {
            if (known.has(message.id)) continue;
            const later = Array.from(list.querySelectorAll("[data-id]")).find((bubble) => Number(bubble.dataset.id) > message.id);
            // The server's own, escaped HTML.
            (later || list.querySelector(".no-bubbles")).insertAdjacentHTML("beforebegin", message.html);
            added = true;
        }
        if (added && !stays) toTheEnd();
    };

    // A rehearsal says where it stands; what is the same is left alone, so that nothing is read out twice.
    const tell = (status) => {
        for (const place of document.querySelectorAll("[data-status]")) {
            const text = status[place.dataset.status];
            if (place.textContent !== text) place.textContent = text;
        }
        for (const place of document.querySelectorAll("[data-status-when]")) place.hidden = !status[place.dataset.statusWhen];
        for (const place of document.querySelectorAll("[data-until-over]")) place.hidden = status.is_over;
    };

    const ask = async () => {
        const after = Math.max(0, ...numbers());
        const answer = await fetch(`${list.dataset.feed}?after=${after}`, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const news = await answer.json();
        show(news.messages);
        if (news.status) tell(news.status);
    };

    let next = 0;
    const round = async () => {
        clearTimeout(next);
        try {
            if (!document.hidden) await ask();
            trouble.hidden = true;
        } catch {
            trouble.hidden = false;
        }
        clearTimeout(next);
        next = setTimeout(round, EVERY);
    };

    document.addEventListener("submit", async (event) => {
        const form = event.target.closest(".js-answer");
        if (!form) return;
        event.preventDefault();
        const body = new FormData(form, event.submitter);
        try {
            const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" });
            if (!answer.ok) throw new Error(String(answer.status));
            if (!("keeps" in form.dataset)) form.reset();
            await ask();
            toTheEnd();
        } catch {
            trouble.hidden = false;
        }
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) round(); });
    // An image grows when it is there: who looks at the end keeps looking at it. Loads do not bubble, but are captured.
    let follows = true;
    list.addEventListener("scroll", () => { follows = isAtTheEnd(); });
    list.addEventListener("load", () => { if (follows) toTheEnd(); }, true);
    window.addEventListener("load", toTheEnd);
    toTheEnd();
    round();
})();
