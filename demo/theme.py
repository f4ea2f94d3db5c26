"""The look of the page: colours and type. Nothing is fetched from elsewhere."""

from gradio import themes

SYSTEM_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
MONOSPACE_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")

# name of a theme variable: (light, dark). Text on its background has a contrast of 4.5 or more.
_COLORS = {
    "body_background_fill": ("#f6f4ee", "#0f1417"),
    "body_text_color": ("#1b232c", "#e7ecee"),
    "body_text_color_subdued": ("#55606c", "#a3b0b8"),
    "background_fill_primary": ("#ffffff", "#182024"),
    "background_fill_secondary": ("#efece4", "#212b30"),
    "block_background_fill": ("#ffffff", "#182024"),
    "block_label_text_color": ("#1b232c", "#e7ecee"),
    "block_title_text_color": ("#1b232c", "#e7ecee"),
    "block_info_text_color": ("#55606c", "#a3b0b8"),
    "border_color_primary": ("#dcd7cb", "#2e3a40"),
    "border_color_accent": ("#0b6b66", "#62cfc1"),
    "color_accent_soft": ("#e0f0ed", "#16322f"),
    "link_text_color": ("#0b6b66", "#62cfc1"),
    "link_text_color_hover": ("#084f4b", "#8fe0d5"),
    "button_primary_background_fill": ("#0b6b66", "#62cfc1"),
    "button_primary_background_fill_hover": ("#084f4b", "#8fe0d5"),
    "button_primary_text_color": ("#ffffff", "#05201d"),
    "button_secondary_background_fill": ("#ffffff", "#212b30"),
    "button_secondary_background_fill_hover": ("#efece4", "#2e3a40"),
    "button_secondary_text_color": ("#1b232c", "#e7ecee"),
    "error_text_color": ("#a32a1c", "#ff9c8b"),
    "error_background_fill": ("#fdeeea", "#3a1d18"),
    "error_border_color": ("#e5b3aa", "#6b332a"),
    "input_background_fill": ("#ffffff", "#12191c"),
    "input_border_color": ("#8b8c86", "#6d7b83"),
}


def theme() -> themes.Base:
    """The page's own theme, on fonts that every system has."""
    look = themes.Base(
        font=SYSTEM_FONTS,
        font_mono=MONOSPACE_FONTS,
        radius_size=themes.sizes.radius_lg,
        spacing_size=themes.sizes.spacing_lg,
    )
    values = {name: light for name, (light, _) in _COLORS.items()}
    values |= {f"{name}_dark": dark for name, (_, dark) in _COLORS.items()}
    # This variable has no dark twin; the style sheet redefines it.
    return look.set(color_accent="#0b6b66", **values)
