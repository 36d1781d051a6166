/* Open menus close by Escape and by a click elsewhere; the focus goes back to what opened them. Lists that scroll are
   called so in the page's language, before the theme gives them their bars. */
(function () {
    "use strict";

    function openMenus() { return document.querySelectorAll("details[data-menu][open]"); }

    document.querySelectorAll("[data-simplebar]").forEach(function (list) {
        list.dataset.simplebarAriaLabel = document.body.dataset.wordScroll;
    });
    document.addEventListener("click", function (event) {
        openMenus().forEach(function (menu) { if (!menu.contains(event.target)) { menu.open = false; } });
    });
    document.addEventListener("keydown", function (event) {
        if (event.key !== "Escape") { return; }
        openMenus().forEach(function (menu) {
            if (menu.contains(document.activeElement)) { menu.querySelector("summary").focus(); }
            menu.open = false;
        });
    });
})();
