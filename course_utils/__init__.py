"""Helpers that the notebooks of this course share: verified data, claims, figures and training reports.

Importing the package is quick and does not import TensorFlow; the modules that need it import it when they are used.
"""
