"""Text: tokens before and after they have numbers."""
