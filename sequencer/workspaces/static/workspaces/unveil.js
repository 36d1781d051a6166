/* A page whose own scripts have run is shown at once, in the colours that somebody chose; the theme's Alpine, which else
   shows it, comes after the first sight. A sidebar that is put away is Alpine's to put away: such a page waits for it. */
(function () {
    "use strict";

    var root = document.documentElement;

    function goOn() {
        document.querySelectorAll("script[data-after-sight]").forEach(function (later) {
            var script = document.createElement("script");
            script.src = later.src;
            script.async = false;
            later.replaceWith(script);
        });
    }

    function show() {
        var chosen = JSON.parse(localStorage.getItem("adminTheme") || '"auto"');
        if (chosen === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches) { chosen = "dark"; }
        if (chosen !== "auto" && !root.classList.contains(chosen)) {
            root.classList.add(chosen);
            // Alpine takes away only what it has added itself.
            document.addEventListener("alpine:init", function () { root.classList.remove(chosen); });
        }
        root.removeAttribute("x-cloak");
        window.requestAnimationFrame(function () { window.setTimeout(goOn); });
    }

    try {
        if (localStorage.getItem("sidebarDesktopOpen") === "0") { goOn(); } else { show(); }
    } catch (error) {
        // Whatever the browser keeps from us: the theme shows the page as it always did.
        goOn();
        throw error;
    }
})();
