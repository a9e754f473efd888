"""Takes a table of unknown format over into the project: reads it, describes it, writes it down."""
