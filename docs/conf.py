"""The documentation site: `sphinx-build -W docs docs/_build`. Nothing is fetched while it builds."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for mathml.py and pages.py

import mathml
import pages
from sphinx.application import Sphinx

import alife

project = "alife"
author = "the alife authors"
version = release = alife.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
]
exclude_patterns = ["_build", "jupyter_execute", "reference/generated", "gallery/generated"]

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
myst_links_external_new_tab = True
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_execution_show_tb = True
copybutton_exclude = ".linenos, .gp, .go"

autodoc_typehints = "description"
autodoc_member_order = "bysource"
viewcode_follow_imported_members = False  # the way back would lead to a name that no page has
napoleon_google_docstring = True
nitpicky = False

html_theme = "pydata_sphinx_theme"
html_title = "alife"
html_static_path = ["_static"]
html_css_files = ["alife.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navbar_align": "left",
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
html_math_renderer = "mathml"
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Render equations without a script, and write the pages that are made from the program itself."""
    mathml.setup(app)
    pages.write(Path(__file__).parent / "reference" / "generated")
    pages.draw_gallery(Path(__file__).parent / "gallery")
