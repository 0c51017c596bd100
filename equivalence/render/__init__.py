"""One record of an entry, shown three ways: terminal text, JSON, a Markdown page."""
