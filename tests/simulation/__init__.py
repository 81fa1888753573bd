"""The engine in simulated time, for `python -m tests.simulation losses|cores`: thousands of workers in one process.

The coordinator, the islands, who keeps which of them and the recorder's commits are the real ones. Lives are hashes of
who lived, or real ones of a tiny network; wires, cores, storage and losses are simulated, and all chance is seeded.

timeline.py    events in order
costs.py       what things take; costs of the default run are measured by `python -m benchmarks engine`
lives.py       lives that are hashes, and the same run without workers
real.py        real lives, and real files
storage.py     a folder that keeps names and sizes, under the real recorder
machine.py     a worker: the real islands, with a core, a writer and a wire
cluster.py     the backend: workers start, are lost, are replaced and join
trial.py       a run from its founders to its end
losses.py      10,000 workers of whom 100 are lost
cores.py       thousands of cores with measured costs
test_simulation.py  whatever happens, what is born is what one process bears
"""
