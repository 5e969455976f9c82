"""What figures share: lines, looks, progress over trials, style and SVG."""
