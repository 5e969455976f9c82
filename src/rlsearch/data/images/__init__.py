"""How labelled images are held, cut, compared and fed to networks: what the kind `images` is made of."""
