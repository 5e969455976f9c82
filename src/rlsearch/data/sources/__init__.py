"""Where images come from: one file a source, found by name (`source: my-data` is `my_data.py` here)."""
