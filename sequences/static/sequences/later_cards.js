// On a page of many messages the settings of folded cards come as text (in <noscript>, so that they are a form without
// this script, too). They become fields when somebody opens their card ("card:wanted", then "card:whole" tells of it);
// the server knows what a card means that was never opened.
(() => {
    "use strict";
    document.addEventListener("card:wanted", (event) => {
        const card = event.target;
        const kept = card.querySelector(":scope > noscript[data-later]");
        if (!kept) return;
        // The server's own, escaped HTML.
        kept.insertAdjacentHTML("afterend", kept.textContent);
        kept.remove();
        card.dispatchEvent(new CustomEvent("card:whole", { bubbles: true }));
    });
})();
