"""The commands of `ops`, a module a theme; `ops.cli` registers them."""
