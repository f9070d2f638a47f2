"""Every method's losses and gradients against plain NumPy, at 1e-10 in double precision.

`numerics.py` and `networks.py` are that second implementation's tools and know nothing of the
package; the references in the test files are written from the equations of the methods' pages.
"""
