"""Predictors that come with a package: tables of limits, ONNX models, and what was learnt from the twin's own record."""
