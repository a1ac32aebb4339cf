"""Augmentations, one a file: `augmentation(images, key, …)` returns changed images, one draw for each of them.

Images are (B, H, W) or (B, H, W, C), of the dtype that they are kept in; shape and dtype stay.
"""
