/* The theme under a strict content security policy: what its templates call by name is registered here for Alpine's CSP
   build, which evaluates no text as code (docs/decisions/0005). */
(function () {
    "use strict";

    var KEPT = "sidebarDesktopOpen";

    // What every page of the theme expects around its own components.
    function adminPage() {
        return {
            activeTab: "",
            sidebarMobileOpen: false,
            sidebarDesktopOpen: localStorage.getItem(KEPT) !== "0",
            // The theme's own expressions read the address; the CSP build would hand them no global.
            window: {
                location: {
                    get pathname() { return location.pathname; },
                    get search() { return location.search; },
                },
            },
            moveRecords: function (event) { return moveRecords(event); },
            sortRecords: function (event) { return sortRecords(event); },
            init: function () {
                this.activeTab = getCurrentTab() || this.$root.dataset.activeTab || "";
                this.$watch(KEPT, function (isOpen) { localStorage.setItem(KEPT, isOpen ? "1" : "0"); });
            },
        };
    }

    // Icons are words of a font: nobody wants "dock_to_right" read out.
    function silenceIcons(under) {
        under.querySelectorAll(".material-symbols-outlined:not(button):not([aria-label])").forEach(function (icon) {
            icon.setAttribute("aria-hidden", "true");
        });
    }

    // What the theme makes clickable only by mouse becomes a button for keyboards and screen readers.
    function makeButtons(under) {
        under.querySelectorAll("[x-on\\:click]:not(button):not(summary):not([href]):not([role])").forEach(function (item) {
            if (item.id === "changelist-filter-close") { return; }
            item.setAttribute("role", "button");
            item.tabIndex = 0;
        });
    }

    // Buttons of the theme that show an icon only, and how they are called.
    var NAMELESS = [
        ["#searchbar-submit", "wordSearch"],
        ["[x-on\\:click^='openRelatedWidgetWrapper'], [x-on\\:click^='showActions'], [x-on\\:click^='openTabsDropdown']", "wordMore"],
    ];

    function nameButtons() {
        var words = document.body.dataset;
        NAMELESS.forEach(function (pair) {
            document.querySelectorAll(pair[0]).forEach(function (button) { button.setAttribute("aria-label", words[pair[1]]); });
        });
        document.querySelectorAll("#searchbar:not([aria-label])").forEach(function (field) { field.setAttribute("aria-label", words.wordSearch); });
    }

    // The theme capitalizes every word of a name on phones; ours begin with one capital.
    function capitalizeLabels() {
        document.querySelectorAll("#result_list [data-label]").forEach(function (cell) {
            cell.dataset.label = cell.dataset.label.charAt(0).toUpperCase() + cell.dataset.label.slice(1);
        });
    }

    function pressed(event) {
        var item = event.target;
        if ((event.key !== "Enter" && event.key !== " ") || item.getAttribute("role") !== "button" || item.href) { return; }
        event.preventDefault();
        item.click();
    }

    document.addEventListener("alpine:init", function () {
        Alpine.data("theme", theme);
        Alpine.data("searchForm", searchForm);
        Alpine.data("adminPage", adminPage);
        // What a component teleports away stands in a template, which a search of the document does not enter.
        document.querySelectorAll("template").forEach(function (template) {
            silenceIcons(template.content);
            makeButtons(template.content);
        });
        silenceIcons(document);
        makeButtons(document);
    });
    nameButtons();
    capitalizeLabels();
    document.addEventListener("keydown", pressed);
})();
