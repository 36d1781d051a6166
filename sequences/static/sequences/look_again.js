// A part of the page that is not finished looks again by itself; without this script a link does it.
(() => {
    "use strict";
    const EVERY = 1000;
    const place = document.querySelector("[data-look-again]");
    if (!place) return;
    const look = async () => {
        if (!place.querySelector("[data-unfinished]")) return;
        try {
            const answer = await fetch(place.dataset.lookAgain, { redirect: "error" });
            if (answer.ok) {
                const html = await answer.text();
                // The server's own, escaped HTML; what is the same is not read out again.
                if (html !== place.dataset.seen) place.innerHTML = html;
                place.dataset.seen = html;
            }
        } catch { /* the next round asks again */ }
        setTimeout(look, EVERY);
    };
    setTimeout(look, EVERY);
})();
