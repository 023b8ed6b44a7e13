"""A Linux jail for one command: what the host offers of namespaces, users and filters.

Runs in a process of its own before the command replaces it (`enter`), so that nothing happens
between fork and exec in a process with threads. This package imports only the standard library and
only itself: it is started without site-packages.
"""
