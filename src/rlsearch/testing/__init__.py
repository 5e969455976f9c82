"""Suites that every plugin keeps to, of the package, of `extensions/` and of other distributions.

pytest --pyargs rlsearch.testing -k my-space
"""
