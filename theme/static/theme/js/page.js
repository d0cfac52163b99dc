// The behaviours of every page. Each one binds itself to data attributes through the document, so
// that fragments which arrive later are served too.
import "./banners.js";
import "./code-copy.js";
import "./confirm-name.js";
import "./copy.js";
import "./dialogs.js";
import "./menus.js";
import "./password-reveal.js";
import "./shortcuts.js";
import "./subnav.js";
import "./theme-choice.js";
import "./toast.js";
