"""Helpers that the notebooks of this course share: verified data, claims, figures and training reports.

Importing the package is quick and does not import TensorFlow; the modules that need it import it when they are used.
"""

import os

# TensorFlow reads both when it is imported; what the user has set stays. Its C++ log is silenced. And it computes with
# oneDNN, which it does by itself only on processors with AVX-512 VNNI and the like; on one with AVX2 alone, oneDNN
# multiplies matrices 1.8 times as fast as TensorFlow's own Eigen.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
