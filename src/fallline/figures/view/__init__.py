"""A scene as a picture: the ground, and the ways over it as far as a step."""

from fallline.figures.view.draw import draw as draw
