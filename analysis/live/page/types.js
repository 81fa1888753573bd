// What the other scripts' comments mean by a name; nothing runs here.

/** @typedef {number | null} Maybe */
/** @typedef {{kind: string, name: string, folder: string, colours: {groups: string[], light: string[], dark: string[]}}} About */
/** @typedef {{name: string, kind: string, status: string, done: number, of: Maybe, births: Maybe, islands: Maybe, size: Maybe, updated: string, scheme: string, problem: string}} Entry */
/** @typedef {{status: string, gone: string, stopped: string, done: number, of: number, births: number, updated: string, age: Maybe, generation_seconds: Maybe, seconds_left: Maybe, lost: number, seconds_lost: number, reasons: Record<string, number>, starts: number, started: string, host: string, command: string, core_seconds: number, gpu_seconds: number, seconds: number, now: number, heard: number}} Standing */
/** @typedef {{status: string, runs: number, done: number, statuses: Record<string, number>, running: Record<string, number[]>, failed: Record<string, string>, seconds_left: Maybe, assays: number, assayed: number, core_seconds: number, gpu_seconds: number}} Sweep */
/** @typedef {{label: string, log: boolean, direction: number}} Trait */
/** @typedef {{q05: Maybe[], median: Maybe[], q95: Maybe[]}} Band */
/** @typedef {Record<string, Maybe>} Row */
/** @typedef {{generation: number, x: string, y: string, of: number, points: number[][]}} Plane */
/** @typedef {{labels: Record<string, string>, traits: Record<string, Record<string, Maybe[]>>, units: Record<string, string>}} Price */
/** @typedef {{generation: number[], ids: string[], shares: number[][], lines: number[]}} Clades */
/** @typedef {{why: string, last?: number, first?: number, scheme?: string, traits?: Record<string, Trait>, bands?: {generation: number[], traits: Record<string, Band>}, islands?: Row[], plane?: Plane, price?: Price | null, clades?: Clades | null}} Grown */
/** @typedef {{time: Maybe, event: string, what: string}} Happened */
/** @typedef {{generations: Row[], now: Row | null, log: Happened[]}} Told */
/** @typedef {{low: number, high: number, log: boolean, at: (value: number) => number, ticks: number[]}} Scale */
