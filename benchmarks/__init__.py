"""Benches for whoever works on alife: `python -m benchmarks NAME`.

analysis.py  a record of six million births: load, split change, hypervolume, attainment
engine.py    messages, bytes, files, commits, lives: what simulations of large runs go by (engine.json)
lineage.py   records of a million births: load, check, measure, hand over, draw
measures.py  a record of a million births: every measure of `alife history`
serve.py     what `alife serve` costs a run that it is watched under, with 50 others beside it
sweeps.py    sweeps of 1,000 and 10,000 runs: plan, start, go on
view.py      the page of a lineage of a million births: make, open, move, colour, walk to the root in a browser
watch.py     the quick ratios of `alife bench life` against those on record of the same kind of machine (history.jsonl)
"""
