"""Answers and observations as files: one shape in every format, streamed, inert in spreadsheets."""
