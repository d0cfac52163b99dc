// Bundled into ../static/theme/vendor/markdown.js: what theme/js/markdown.js needs from npm.
export { default as MarkdownIt } from "markdown-it";
export { default as DOMPurify } from "dompurify";
