"""A port with mistakes, mended one after the other: docs/notebooks/find_where_my_port_differs.ipynb."""
