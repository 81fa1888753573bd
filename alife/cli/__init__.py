"""The `alife` command. It alone looks up at `populations` and `analysis`, and late.

start.py   where it begins; __main__.py is `python -m alife.cli`
main.py    the parser, and what every command ends with
flags.py   the configuration as flags
run.py     run, resume, fork
show.py    show, plot, report, export
look.py    ls, status
watch.py   watch
serve.py   serve
history.py history
study.py   assay, sweep, compare
shares.py  which share of a sweep a process does
bench.py   bench
paper.py   paper
data.py    data
listing.py list
migrate.py migrate
deploy.py  deploy
logs.py    how much a command says on standard error
common.py  what several of them share
output.py  standard streams that are closed, full or left
paths.py   paths that a user gives

Each file of commands has `add`, which adds them to the parser.
"""
