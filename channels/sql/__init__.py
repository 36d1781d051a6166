"""What the database itself decides for channels, in PostgreSQL's words: SQLite takes the longer way, in Python."""
