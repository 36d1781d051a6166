// A small button at each text inserts a placeholder, with what to say where the value is unknown.
document.addEventListener("DOMContentLoaded", () => {
    "use strict";
    const editor = document.querySelector("[data-editor]");
    if (!editor) return;
    const menu = editor.querySelector("[data-value-menu]");
    const pattern = editor.querySelector("[data-insert-pattern]");
    const fallback = menu.querySelector("[data-fallback]");
    const other = menu.querySelector("[data-other-field]");
    let opener = null;

    const fieldOf = (button) => button.closest("[data-text-field]").querySelector("textarea, input");
    const equip = (root) => root.querySelectorAll("[data-text-field]").forEach((holder) => {
        if (holder.querySelector("[data-insert]")) return;
        const button = pattern.content.firstElementChild.cloneNode(true);
        // Inside a label a click would go to the field instead.
        if (holder.matches("label")) {
            const around = document.createElement("span");
            around.className = "with-insert";
            around.dataset.textField = "";
            if (holder.dataset.doesFor) around.dataset.doesFor = holder.dataset.doesFor;
            holder.before(around);
            delete holder.dataset.textField;
            around.append(holder, button);
        } else holder.append(button);
    });

    const close = () => {
        menu.hidden = true;
        opener?.setAttribute("aria-expanded", "false");
        const before = opener;
        opener = null;
        return before;
    };
    const open = (button) => {
        const again = button === opener;
        close();
        if (again) return;
        opener = button;
        button.setAttribute("aria-expanded", "true");
        button.after(menu);
        menu.hidden = false;
        // Where the bar at the foot would hide it, it opens upwards.
        menu.classList.remove("is-above");
        const foot = document.querySelector("#submit-row")?.getBoundingClientRect().top ?? window.innerHeight;
        const place = menu.getBoundingClientRect();
        menu.classList.toggle("is-above", place.bottom > Math.min(foot, window.innerHeight) && button.getBoundingClientRect().top > place.height);
        menu.querySelector("[data-value]").focus();
    };

    const insert = (name) => {
        const field = fieldOf(opener);
        const quoted = fallback.value ? `|default:"${fallback.value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : "";
        field.focus();
        field.setRangeText(`{{ ${name}${quoted} }}`, field.selectionStart, field.selectionEnd, "end");
        close();
        fallback.value = "";
        other.value = "";
        field.focus();
        field.dispatchEvent(new Event("input", { bubbles: true }));
    };

    editor.addEventListener("click", (event) => {
        const button = event.target.closest("[data-insert]");
        const value = event.target.closest("[data-value]");
        if (button) {
            event.preventDefault();
            open(button);
        } else if (value) insert(value.dataset.value);
        else if (!event.target.closest("[data-value-menu]")) close();
    });
    menu.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            event.stopPropagation();
            close()?.focus();
        } else if (event.key === "Enter" && event.target.matches("input")) {
            event.preventDefault();
            if (event.target === other && other.value && other.checkValidity()) insert(`fields.${other.value}`);
        } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            const buttons = Array.from(menu.querySelectorAll("[data-value]"));
            const next = buttons[buttons.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
            if (next && event.target.matches("[data-value]")) {
                event.preventDefault();
                next.focus();
            }
        }
    });
    // What is typed in the menu is nobody's change of the form.
    menu.addEventListener("input", (event) => event.stopPropagation());
    editor.addEventListener("editor:added", (event) => equip(event.target));
    equip(editor.querySelector("[data-block-list]"));
});
