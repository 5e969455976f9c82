"""Networks as plain `nn.Module` files: `simple-cnn` is `simple_cnn.py`, whose last line names its class."""
