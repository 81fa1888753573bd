"""The commands of `alife`, a file a kind. With `alife.cli` they alone look up at `populations` and `analysis`, late.

evolve.py  run, resume, fork
look.py    show, plot, report, export
study.py   assay, sweep, compare
bench.py   bench
paper.py   paper
data.py    data
deploy.py  deploy
common.py  what several of them share

Each file has `add`, which adds its commands to the parser.
"""
