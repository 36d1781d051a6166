// A sub-flow that was made in another tab becomes a choice here when somebody comes back.
(() => {
    "use strict";
    let asked = null;

    const offer = (select, choice) => {
        if (Array.from(select.options).some((option) => option.value === choice.id)) return false;
        select.add(new Option(choice.name, choice.id));
        return true;
    };

    const refresh = async () => {
        if (!asked || document.hidden) return;
        const answer = await fetch(asked.dataset.choicesAddress, { headers: { Accept: "application/json" }, redirect: "error" });
        if (!answer.ok) return;
        const { choices } = await answer.json();
        const mine = asked.querySelector("select");
        const fresh = choices.filter((choice) => offer(mine, choice));
        if (!fresh.length) return;
        const template = document.querySelector("[data-row-template]");
        const others = document.querySelectorAll("[data-row-list] [data-content] select");
        const selects = [...others, ...(template ? template.content.querySelectorAll("[data-content] select") : [])];
        selects.forEach((select) => fresh.forEach((choice) => offer(select, choice)));
        if (mine.value) return;
        mine.value = fresh.reduce((newest, choice) => (Number(choice.id) > Number(newest.id) ? choice : newest)).id;
        mine.dispatchEvent(new Event("change", { bubbles: true }));
    };

    document.addEventListener("click", (event) => {
        const link = event.target.closest("[data-new-sub-flow]");
        if (link) asked = link.closest("[data-content]");
    });
    document.addEventListener("visibilitychange", refresh);
    window.addEventListener("focus", refresh);
})();
