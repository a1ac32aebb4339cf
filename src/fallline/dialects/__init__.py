"""The methods in the words of other libraries: torch, Keras, optax, and the publications."""
