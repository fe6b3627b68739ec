"""The platform as a picture. Pure: table and, where something runs, its states → text.

In the order in which they are passed through: `content` (what is drawn), `summary` (if that is too much), `layers`, `bundles`, `order`, `align`, `tracks`
(where it goes), `layout` (all of that), `svg` with `cards` and `style`, `mermaid`, `page`.
"""
