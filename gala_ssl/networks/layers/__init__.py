"""Keras layers, written with keras.ops so that they run on any Keras backend."""
