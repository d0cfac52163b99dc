"""Tags of every page; a template builtin, so that no template has to load them."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.forms import BoundField
from django.forms.widgets import Input
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from theme.icons import icon_shape

register = template.Library()

THEMES = ("cassandre-light", "cassandre-dark")  # the cookie's values; none: the system's choice

_SVG = (
    '<svg aria-hidden="true" focusable="false" class="{}" width="24" height="24"'
    ' viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
    ' stroke-linecap="round" stroke-linejoin="round">{}</svg>'
)
# A laurel sprig that is also an opening guillemet: she quotes.
_MARK = (
    '<svg aria-hidden="true" focusable="false" class="{}" viewBox="0 0 32 32" fill="currentColor">'
    '<path d="M3 15.4C3.4 9.6 7.6 5 14.6 3.6 14.4 9.6 10.6 14.6 3 15.4ZM3 16.6C3.4 22.4 7.6 27 '
    "14.6 28.4 14.4 22.4 10.6 17.4 3 16.6ZM16 15.4C16.4 9.6 20.6 5 27.6 3.6 27.4 9.6 23.6 14.6 16 "
    '15.4ZM16 16.6C16.4 22.4 20.6 27 27.6 28.4 27.4 22.4 23.6 17.4 16 16.6Z"/></svg>'
)


@register.simple_tag
def icon(name: str, classes: str = "size-4") -> SafeString:
    """Hidden from screen readers: {% icon "search" %}, {% icon "search" "size-5 text-muted" %}."""
    shape = mark_safe(icon_shape(name))  # noqa: S308 (our own file)
    return format_html(_SVG, f"{classes} shrink-0", shape)


@register.simple_tag
def mark(classes: str = "size-7") -> SafeString:
    return format_html(_MARK, f"{classes} shrink-0 text-primary")


@register.simple_tag
def cite(number: int, url: str, source: str) -> SafeString:
    """A citation pill. A tag and not a part: no space may stand between it and its word."""
    label = _("Source %(number)s: %(source)s") % {"number": number, "source": source}
    return format_html(
        '<a class="cite" href="{}" data-cite="{}" aria-label="{}">{}</a>',
        url,
        number,
        label,
        number,
    )


@register.simple_tag(takes_context=True)
def theme_choice(context: template.Context) -> str:
    """One of THEMES, or "system"; pages without a request follow the system."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else "system"


@register.simple_tag(takes_context=True)
def theme_attribute(context: template.Context) -> SafeString:
    chosen = theme_choice(context)
    return SafeString("") if chosen == "system" else format_html(' data-theme="{}"', chosen)


@register.simple_tag(takes_context=True)
def error_reference(context: template.Context) -> str:
    """The request's id, to be quoted from an error page; "" where there is no request."""
    return getattr(context.get("request"), "request_id", "") or ""


# The component of each widget, and what it becomes where the value is refused.
_CONTROLS: tuple[tuple[type[forms.Widget], str, str], ...] = (
    (forms.Textarea, "textarea w-full", "textarea-error"),
    (forms.CheckboxInput, "checkbox checkbox-primary checkbox-sm", "checkbox-error"),
    (forms.CheckboxSelectMultiple, "checkbox checkbox-primary checkbox-sm", "checkbox-error"),
    (forms.RadioSelect, "radio radio-primary radio-sm", "radio-error"),
    (forms.Select, "select w-full", "select-error"),
    (forms.FileInput, "file-input w-full", "file-input-error"),
    (Input, "input w-full", "input-error"),
)


@register.simple_tag
def control(field: BoundField, classes: str = "", **attributes: str | int) -> SafeString:
    """The widget of a form field as a component: {% control form.name "max-w-lg" %}.

    Further attributes are given by name, `_` for `-`: {% control field autocomplete="email" %}.
    """
    widget = field.field.widget
    parts = [str(widget.attrs.get("class", "")), classes]
    for kind, component, refused in _CONTROLS:
        if isinstance(widget, kind):
            parts = [component, *parts, refused if field.errors else ""]
            break
    attributes["class"] = " ".join(part for part in parts if part)
    return bare_control(field, **attributes)


@register.simple_tag
def bare_control(field: BoundField, **attributes: str | int) -> SafeString:
    """The widget alone, inside a component that is drawn around it."""
    attrs: dict[str, Any] = {name.replace("_", "-"): value for name, value in attributes.items()}
    return field.as_widget(attrs=attrs)


@register.filter
def control_kind(field: BoundField) -> str:
    """How a field is laid out: "choices" (a group of its own), "check" or "plain"."""
    widget = field.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "check" if isinstance(widget, forms.CheckboxInput) else "plain"


@register.filter
def five_percent(part: float | None) -> int:
    """A percentage as one of the 21 widths that app.css knows: no style attribute is needed."""
    return min(100, max(0, round((part or 0) / 5) * 5))


@register.simple_tag(takes_context=True)
def rail_section(context: template.Context) -> str:
    """The rail's entry that this page belongs to: what the view says, else by its address."""
    if section := context.get("section"):
        return str(section)
    request = context.get("request")
    first = request.path_info.strip("/").partition("/")[0] if request else ""
    return {"documents": "search"}.get(first, first)
